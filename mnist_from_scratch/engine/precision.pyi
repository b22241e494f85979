# Made by docs/stubs.py from the module of the same name.
from enum import Enum
from mnist_from_scratch.learner import Callback
from typing import Any
__all__ = ['GradientClip', 'GradientAccumulation', 'AMPMode', 'MixedPrecision']
class GradientClip(Callback):
    """Scales the gradient down if its norm is above `max_norm`."""
    max_norm: float
    norm_type: float
    order: int
    run_valid: bool

    def __init__(self, max_norm: float=1.0, norm_type: float=2.0) -> None:
        ...

    def before_step(self) -> Any:
        ...
class GradientAccumulation(Callback):
    """Steps only when `n_acc` items or more have been seen since the last step."""
    count: Any
    n_acc: int
    order: int
    run_valid: bool
    state_attrs: Any

    def __init__(self, n_acc: int=32) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def after_loss(self) -> Any:
        ...

    def before_step(self) -> Any:
        ...
class AMPMode(str, Enum):
    """The two kinds of 16 bits"""
    FP16 = ...
    BF16 = ...
class MixedPrecision(Callback):
    """Model and loss in mixed precision, on the device of the model; predictions and losses come out as float32. As fastai's. Raises
    `ValueError` at the start of a fit if the device cannot do it: float16 is for GPUs (those of Apple since PyTorch 2.8)."""
    skipped: Any
    autocast: Any
    dev: Any
    dtype: Any
    scaler: Any
    amp_mode: Any
    kwargs: Any
    order: int
    state_attrs: Any
    after_cancel_batch: Any
    after_cancel_train: Any
    after_cancel_validate: Any
    after_cancel_epoch: Any
    after_cancel_fit: Any
    cleanup: Any

    def __init__(self, amp_mode: str | AMPMode=..., **kwargs) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def before_train(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_pred(self) -> Any:
        ...

    def after_loss(self) -> Any:
        ...

    def before_backward(self) -> Any:
        ...

    def before_step(self) -> Any:
        ...

    def after_step(self) -> Any:
        ...

    @property
    def param_groups(self) -> Any:
        """Parameters as `GradScaler` looks for them in an optimizer"""

    def step(self) -> Any:
        """Called by `GradScaler` if all gradients are finite"""

    def state_dict(self) -> Any:
        """The state of the `GradScaler`, if there is one"""

    def load_state_dict(self, sd) -> Any:
        """Continue from what `state_dict` returned, now or in the next fit"""

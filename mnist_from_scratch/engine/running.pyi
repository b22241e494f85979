# Made by docs/stubs.py from the module of the same name.
from collections.abc import Iterator
from contextlib import contextmanager
from mnist_from_scratch.learner import Callback
from torch import nn
from typing import Any
__all__ = ['SkipToEpoch', 'same_modes', 'FiniteLossCallback']
class SkipToEpoch(Callback):
    """Skips the epochs before `epoch`."""
    order: int

    def __init__(self, epoch) -> None:
        """`epoch` is the first that is not skipped"""

    def before_epoch(self) -> Any:
        ...
@contextmanager
def same_modes(model: nn.Module) -> Iterator[Any]:
    """A block after which every layer is in the mode, training or evaluation, that it was in before."""
class FiniteLossCallback(Callback):
    """Ends a fit with a `FloatingPointError` at the first training loss that is infinite or not a number, before a step is made with it."""
    every: int
    order: Any
    run_valid: bool
    fit_only: bool

    def __init__(self, every: int=50) -> None:
        ...

    def after_loss(self) -> Any:
        ...

    def after_train(self) -> Any:
        ...

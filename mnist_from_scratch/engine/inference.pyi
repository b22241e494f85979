# Made by docs/stubs.py from the module of the same name.
from collections.abc import Iterator
from contextlib import contextmanager
from mnist_from_scratch.learner import Callback
from torch import nn
from typing import Any
__all__ = ['GatherPredsCallback', 'activation_and_decodes', 'evaluating', 'first_inputs']
class GatherPredsCallback(Callback):
    """Keeps predictions and targets of all batches, and on demand inputs and losses, one loss per item."""
    kept_x: Any
    inputs: Any
    preds: Any
    targets: Any
    losses: Any
    kinds: Any
    with_input: bool
    with_loss: bool
    concat_dim: int
    pickle_protocol: int
    folders: Any
    order: int

    def __init__(
            self, with_input: bool=False, with_loss: bool=False, save_preds=None, save_targs=None, with_preds: bool=True,
            with_targs: bool=True, concat_dim: int=0, pickle_protocol: int=2
    ) -> None:
        ...

    def before_validate(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_loss(self) -> Any:
        ...

    def after_validate(self) -> Any:
        ...

    def all_tensors(self) -> Any:
        """What was kept, as one tensor each (or as the batches were nested): inputs if asked for, predictions, targets, losses if asked
        for; `None` for predictions or targets that were not kept"""
@contextmanager
def not_reduced(loss_func) -> Iterator[Any]:
    """A block that gets `loss_func` so that it gives a loss for each item. Raises `TypeError` for a function that cannot."""
def activation_and_decodes(loss_func) -> tuple:
    """Functions that turn activations into probabilities, and these into answers, after training with `loss_func`."""
@contextmanager
def evaluating(model: nn.Module) -> Iterator[Any]:
    """Evaluation mode without gradients and without a trace: every layer gets its mode back, and the generators of random numbers their
    states."""
def first_inputs(dls) -> tuple | None:
    """The inputs of a first batch."""

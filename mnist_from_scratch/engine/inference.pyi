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
    with_input: Any
    with_loss: Any
    concat_dim: Any
    order: int

    def __init__(self, with_input=False, with_loss=False, *, concat_dim=0) -> None:
        ...

    def before_validate(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_loss(self) -> Any:
        ...

    def all_tensors(self) -> Any:
        """What was kept, as one tensor each (or as the batches were nested): inputs, predictions, targets, losses; `None` for what was not
        kept"""
def activation_and_decodes(loss_func) -> tuple:
    """Functions that turn activations into probabilities, and these into answers, after training with `loss_func`."""
@contextmanager
def evaluating(model: nn.Module) -> Iterator[Any]:
    """Evaluation mode without gradients and without a trace: every layer gets its mode back, and the generators of random numbers their
    states."""
def first_inputs(dls) -> tuple | None:
    """The inputs of a first batch."""

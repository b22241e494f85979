# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Callback
from typing import Any
import torch
__all__ = ['reduce_loss', 'MixHandler', 'MixUp', 'CutMix']
def reduce_loss(loss, reduction: str='mean') -> Any:
    """The mean or the sum of `loss`, or `loss` itself."""
class MixHandler(Callback):
    """What `MixUp` and `CutMix` share: how much of each image, drawn from Beta(`alpha`, `alpha`), and the loss of a mixture."""
    old_lf: Any
    stack_y: Any
    distrib: Any
    run_valid: bool
    cleanup: Any
    after_cancel_train: Any

    def __init__(self, alpha: float=0.5) -> None:
        ...

    def before_train(self) -> Any:
        ...

    def after_train(self) -> Any:
        ...

    def lf(self, pred, *yb) -> Any:
        """The loss for both targets of each item, in the proportion `lam`"""
class MixUp(MixHandler):
    """Mixes each item of a training batch with another one, in a proportion of its own."""
    lam: Any
    yb1: Any

    def __init__(self, alpha: float=0.4) -> None:
        ...

    def before_batch(self) -> Any:
        ...
class CutMix(MixHandler):
    """Pastes a random rectangle of another image into each image of a training batch."""
    lam: Any
    yb1: Any

    def __init__(self, alpha: float=1.0) -> None:
        ...

    def before_batch(self) -> Any:
        ...

    def rand_bbox(self, W: int, H: int, lam: torch.Tensor) -> tuple:
        """A rectangle at random, of this share of the image unless it crosses the border."""

# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from typing import Any
__all__ = [
        'sigmoid', 'mnist_loss', 'batch_accuracy', 'binary_cross_entropy_with_logits', 'BaseLoss', 'BCEWithLogitsLossFlat', 'MnistLossFlat',
        'MSELossFlat'
]
def sigmoid(x: Tensor) -> Tensor:
    """$1/(1+e^{-x})$, and $e^x/(1+e^x)$ where `x` is negative: with the right gradient for every `x`, in any type of floats."""
def may_look(targets: Tensor) -> bool:
    """May we look at the values of `targets`? On a GPU we would have to wait for them, so only when nothing is trained."""
def reduce_losses(losses: Tensor, reduction: str) -> Tensor:
    """The mean of `losses`, their sum, or all of them. Raises `ValueError` for another `reduction`."""
def mnist_loss(predictions: Tensor, targets: Tensor, activation=...) -> Tensor:
    """Mean distance of `activation(predictions)` from `targets`, after chapter 4 of fast.ai's book."""
def batch_accuracy(xb: Tensor, yb: Tensor) -> Tensor:
    """Accuracy, the fraction of activations on the right side: a probability above 0.5 is a yes."""
def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, reduction: str='mean') -> Tensor:
    """Minus the log probability that the sigmoid of `input` gives to `target`, as PyTorch's function of this name. Raises `ShapeError`
    where the shapes differ, `ValueError` for targets out of range."""
class BaseLoss:
    """A loss of activations and targets. `activation` turns activations into probabilities, `decodes` turns these into answers; here both
    change nothing."""
    axis: int
    reduction: str

    def __init__(self, axis: int=-1, reduction: str='mean') -> None:
        ...

    def __repr__(self) -> str:
        ...

    def activation(self, x) -> Any:
        ...

    def decodes(self, x) -> Any:
        ...
class BCEWithLogitsLossFlat(BaseLoss):
    """`binary_cross_entropy_with_logits` of activations and targets with as many elements; an answer is yes above `thresh`."""
    thresh: float

    def __init__(self, thresh: float=0.5, reduction: str='mean') -> None:
        ...

    def __call__(self, inp, targ) -> Any:
        ...

    def activation(self, x) -> Any:
        """Probabilities of `x`, by sigmoid"""

    def decodes(self, x) -> Any:
        """Is the probability `x` above `thresh`?"""
class MnistLossFlat(BCEWithLogitsLossFlat):
    """`mnist_loss`, with the sigmoid, of activations and targets with as many elements."""

    def __call__(self, inp, targ) -> Any:
        ...
class MSELossFlat(BaseLoss):
    """Mean squared difference of predictions and targets with as many elements."""

    def __call__(self, inp, targ) -> Any:
        ...

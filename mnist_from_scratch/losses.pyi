# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from typing import Any
__all__ = [
        'sigmoid', 'mnist_loss', 'batch_accuracy', 'softmax', 'log_softmax', 'nll_loss', 'cross_entropy', 'accuracy', 'error_rate',
        'top_k_accuracy', 'binary_cross_entropy_with_logits', 'BaseLoss', 'CrossEntropyLossFlat', 'BCEWithLogitsLossFlat', 'MnistLossFlat',
        'MSELossFlat'
]
def sigmoid(x: Tensor) -> Tensor:
    """$1/(1+e^{-x})$, and $e^x/(1+e^x)$ where `x` is negative: with the right slope for every `x`, in any type of floats."""
def mnist_loss(predictions: Tensor, targets: Tensor, activation=...) -> Tensor:
    """Mean distance of `activation(predictions)` from `targets`, after chapter 4 of fast.ai's book."""
def batch_accuracy(xb: Tensor, yb: Tensor) -> Tensor:
    """Share of activations on the right side: a probability above 0.5 is a yes. Raises `ShapeError` where the shapes differ, `ValueError`
    for other targets."""
def softmax(x: Tensor, dim: int=-1) -> Tensor:
    """$e^{x_i}/\\sum_j e^{x_j}$ along `dim`, safe for large `x`."""
def log_softmax(x: Tensor, dim: int=-1) -> Tensor:
    """The logarithm of `softmax`, without forming the softmax: $x_i-\\log\\sum_j e^{x_j}$, safe for large `x`."""
def nll_loss(log_probs: Tensor, target: Tensor, reduction: str='mean') -> Tensor:
    """Minus the log probability of the right class. Raises `ValueError` for shapes, types or labels that do not fit, and for an unknown
    `reduction`."""
def cross_entropy(input: Tensor, target: Tensor, reduction: str='mean') -> Tensor:
    """Cross-entropy of the softmax of `input`, as `torch.nn.functional.cross_entropy`."""
def accuracy(inp: Tensor, targ: Tensor, axis: int=-1) -> Tensor:
    """Share of items whose highest activation is that of the right class. Raises `ShapeError` where the counts differ, or there is only one
    class, `ValueError` for labels of no class."""
def error_rate(inp: Tensor, targ: Tensor, axis: int=-1) -> Tensor:
    """1 - `accuracy`"""
def top_k_accuracy(inp: Tensor, targ: Tensor, k: int=5, axis: int=-1) -> Tensor:
    """Share of items whose class is among the `k` highest activations. Raises `ShapeError` where the shapes do not fit, `ValueError` for
    labels of no class, or a `k` that is no number of classes."""
def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, reduction: str='mean') -> Tensor:
    """Minus the log probability that the sigmoid of `input` gives to `target`, as PyTorch's function of this name. Raises `ShapeError`
    where the shapes differ, `ValueError` for targets out of range."""
class BaseLoss:
    """A loss of activations and targets. `activation` makes probabilities of activations, `decodes` makes answers of these; here both
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
class CrossEntropyLossFlat(BaseLoss):
    """`cross_entropy` of activations [N, …, n] and class numbers [N, …], or with the n classes along another `axis`."""

    def __init__(self, *, axis: int=-1, reduction: str='mean') -> None:
        ...

    def __call__(self, inp, targ) -> Any:
        ...

    def activation(self, x) -> Any:
        """Probabilities, by softmax"""

    def decodes(self, x) -> Any:
        """The class of the highest value"""
class BCEWithLogitsLossFlat(BaseLoss):
    """`binary_cross_entropy_with_logits` of activations and targets with as many elements; an answer is yes above `thresh`."""
    thresh: float

    def __init__(self, thresh: float=0.5, reduction: str='mean') -> None:
        ...

    def __call__(self, inp, targ) -> Any:
        ...

    def activation(self, x) -> Any:
        """Probabilities, by sigmoid"""

    def decodes(self, x) -> Any:
        """Is the probability above `thresh`?"""
class MnistLossFlat(BCEWithLogitsLossFlat):
    """`mnist_loss`, with the sigmoid, of activations and targets with as many elements."""

    def __call__(self, inp, targ) -> Any:
        ...
class MSELossFlat(BaseLoss):
    """Mean squared difference of predictions and targets with as many elements."""

    def __call__(self, inp, targ) -> Any:
        ...

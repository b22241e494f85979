# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.losses import BaseLoss
from torch import Tensor
from torch import nn
from typing import Any
__all__ = [
        'softmax', 'log_softmax', 'nll_loss', 'cross_entropy', 'accuracy', 'error_rate', 'top_k_accuracy', 'CrossEntropyLossFlat',
        'mnist_net'
]
def softmax(x: Tensor, dim: int=-1) -> Tensor:
    """$e^{x_i}/\\sum_j e^{x_j}$ along `dim`, even for large `x`."""
def log_softmax(x: Tensor, dim: int=-1) -> Tensor:
    """The logarithm of `softmax`, without forming the softmax: $x_i-\\log\\sum_j e^{x_j}$, even for large `x`."""
def nll_loss(log_probs: Tensor, target: Tensor, reduction: str='mean') -> Tensor:
    """Minus the log probability of the right class. Raises `ValueError` for shapes, types or labels that do not fit, and for an unknown
    `reduction`."""
def cross_entropy(input: Tensor, target: Tensor, reduction: str='mean') -> Tensor:
    """Cross-entropy of the softmax of `input`, as `torch.nn.functional.cross_entropy`."""
def accuracy(inp: Tensor, targ: Tensor, axis: int=-1) -> Tensor:
    """Fraction of items whose highest activation is that of the right class. Raises `ShapeError` if the counts differ or there is only one
    class, `ValueError` for labels that are not classes."""
def error_rate(inp: Tensor, targ: Tensor, axis: int=-1) -> Tensor:
    """1 - `accuracy`"""
def top_k_accuracy(inp: Tensor, targ: Tensor, k: int=5, axis: int=-1) -> Tensor:
    """Fraction of items whose class is among the `k` highest activations. Raises `ShapeError` if the shapes do not fit, `ValueError` for
    labels that are not classes, or a `k` that is not a number of classes."""
class CrossEntropyLossFlat(BaseLoss):
    """`cross_entropy` of activations [N, …, n] and class numbers [N, …], or with the n classes along another `axis`."""

    def __init__(self, *, axis: int=-1, reduction: str='mean') -> None:
        ...

    def __call__(self, inp, targ) -> Any:
        ...

    def activation(self, x) -> Any:
        """Probabilities of `x`, by softmax"""

    def decodes(self, x) -> Any:
        """The class of the highest value of `x`"""
def mnist_net(n_hidden: int=30, n_out: int=10) -> nn.Sequential:
    """`simple_net` for the ten digits: 784 pixels, `n_hidden` activations, one output for each class."""

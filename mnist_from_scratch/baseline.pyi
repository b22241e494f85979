# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.data.sets import Digits
from torch import Tensor
from torch import nn
from typing import Any
__all__ = ['mean_digits', 'mnist_distance', 'rmse_distance', 'is_3', 'PixelSimilarity']
def mean_digits(ds: Digits) -> Tensor:
    """The mean image of each class, pixels in [0,1]. Raises `MnistError` if `ds` has no labels."""
def mnist_distance(a: Tensor, b: Tensor) -> Tensor:
    """Mean absolute difference of the pixels: the mean over the last two axes. Raises `ShapeError` unless they are floats and images of one
    size."""
def rmse_distance(a: Tensor, b: Tensor) -> Tensor:
    """Root of the mean squared difference of the pixels: the mean over the last two axes. Raises `ShapeError` unless they are floats and
    images of one size."""
def is_3(x: Tensor, mean3: Tensor, mean7: Tensor, dist=...) -> Tensor:
    """Is `x` nearer to `mean3` than to `mean7`? Raises `ValueError` unless all are floats from 0 to 1."""
class PixelSimilarity(nn.Module):
    """Classify images by the nearest mean image."""
    dist: str

    def __init__(self, means: Tensor, dist: str='l1') -> None:
        ...

    @classmethod
    def from_digits(cls, ds: Digits, dist: str='l1') -> Any:
        """Made from the mean image of each class in `ds`"""

    def forward(self, x: Tensor) -> Tensor:
        """The scores, one class after the other, so that memory holds N×28×28 differences and not n times as many. Raises `ShapeError` or
        `ValueError` for other inputs."""

    def extra_repr(self) -> Any:
        ...

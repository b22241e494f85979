# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Callback
from mnist_from_scratch.learner import Learner
from torch import Tensor
from torch import nn
from typing import Any
__all__ = ['distort', 'Augment', 'best_net', 'best_learner']
def distort(
        x: Tensor, degrees: float=15.0, translate: float=0.09, scale=..., shear: float=11.0, elastic: float=0.4, n_grid: int=5
) -> Tensor:
    """Rotate, shear, scale, shift and bend each image at random, each in its own way. Names as in torchvision's `RandomAffine`, whose
    `scale` is the inverse; pixels from outside the image are 0, like paper. Raises `ShapeError` or `ValueError` for other images."""
class Augment(Callback):
    """Changes the images of each training batch, and of no other batch."""
    f: Any
    run_valid: bool

    def __init__(self, f=..., **kwargs) -> None:
        ...

    def before_batch(self) -> Any:
        ...
def best_net(n_out: int=10, nf=...) -> nn.Sequential:
    """A convolution and three residual blocks with batch normalisation, on folded digits."""
def best_learner(train, valid, n_out: int=10, seed: int=0, bs: int=256, lr: float=0.1, model: nn.Module | None=None, **kwargs) -> Learner:
    """A `Learner` for accuracy: `best_net`, `Augment`, label smoothing and Muon."""

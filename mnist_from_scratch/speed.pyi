# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Learner
from mnist_from_scratch.optimizers import Adam
from torch import Tensor
from torch import nn
from typing import Any
__all__ = ['published', 'normalize', 'FoldDigits', 'Flat', 'fast_net', 'fit_linear', 'newton_schulz', 'Muon', 'muon_groups', 'fast_learner']
def published(x: Tensor, y: Tensor, seed: int=0, bs: int=256, net=None) -> tuple:
    """One epoch by the recipe of train_mnist_fast (T. Oikarinen, 2021), in plain PyTorch: the peer of this chapter."""
def normalize(x: Tensor) -> Tensor:
    """Subtract the mean of MNIST's pixels and divide by their standard deviation."""
class FoldDigits(nn.Module):
    """[N, 784] or [N, 1, 28, 28] in [0,1] -> [N, 4, 14-crop, 14-crop], cropped, folded and normalized; folded images stay as they are."""
    crop: int

    def __init__(self, crop: int=2) -> None:
        ...

    def forward(self, x) -> Any:
        ...
class Flat(nn.Module):
    """[N, C, H, W] -> [N, H*W*C], in the order of `channels_last`, without a copy."""

    def forward(self, x) -> Any:
        ...
def fast_net(n_out: int=10, nf=..., n_hidden: int=128) -> nn.Sequential:
    """A convnet of two convolutions on folded digits. Pooling before ReLU has the same result, with a quarter of the work for ReLU."""
def fit_linear(learn: Learner, n_epoch: int=1, lr_max: float | None=None, pct_start: float=0.1, cbs=...) -> Any:
    """Train with a learning rate that rises from a tenth of `lr_max` in a straight line, and falls to 0 in another one."""
def newton_schulz(g: Tensor, steps: int=3) -> Tensor:
    """About the nearest matrix to `g` whose singular values are all 1: Newton-Schulz iteration with the factors of Muon (K. Jordan,
    2024)."""
class Muon(Adam):
    """Momentum, then `newton_schulz` (K. Jordan, 2024), for groups whose `steps` is not 0; Adam for the others, at `ratio` times the
    rate."""
    ratio: float

    def __init__(self, params, lr, mom=0.8, sqr_mom: float=0.9, eps: float=1e-08, wd: float=0.0, steps=..., ratio: float=0.4) -> None:
        ...

    def update(self, p, state, lr, mom, sqr_mom, eps, wd, steps) -> Any:
        """A step along the average gradient, a little ahead of itself (Nesterov), with all singular values set to about 1"""
def muon_groups(m: nn.Module) -> list:
    """Matrices and kernels of all layers but the last; and the rest."""
def fast_learner(
        train, valid, n_out: int=10, safe: bool=False, seed: int=0, bs: int | None=None, lr: float=0.1, device=None, **kwargs
) -> Learner:
    """A `Learner` with the fast net, its optimizer and its loss, and with the images folded and shuffled."""

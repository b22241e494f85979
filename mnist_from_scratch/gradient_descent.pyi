# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from typing import Any
__all__ = ['descend', 'roller_coaster', 'quadratic', 'mse', 'rmse', 'show_preds', 'apply_step']
def descend(f, x: Tensor, lr: float, n: int=10) -> Tensor:
    """Gradient descent on `f` from `x`: `n` steps, each of `lr` times the gradient, downhill."""
def roller_coaster(seed: int=42) -> tuple[Tensor, Tensor]:
    """Noisy measurements of speed: lowest, about 1, at 9.5 s."""
def quadratic(t: Tensor, params: Tensor) -> Tensor:
    """$at^2+bt+c$"""
def mse(preds: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error. Raises `ShapeError` where the shapes differ."""
def rmse(preds: Tensor, targets: Tensor) -> Tensor:
    """Root of the mean squared error. As a metric it is taken over all items at once: a mean over batches gives another number."""
def show_preds(time: Tensor, speed: Tensor, preds: Tensor, ax=None, ylim=...) -> Any:
    """Measurements in blue, predictions in red."""
def apply_step(f, params: Tensor, x: Tensor, y: Tensor, lr: float, loss_func=..., prn: bool=False) -> Tensor:
    """One step of gradient descent: predict, loss, gradient, step."""

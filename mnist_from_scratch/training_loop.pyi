# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from typing import Any
__all__ = ['pr_eight', 'init_params', 'mat_mul', 'linear1', 'calc_grad', 'validate_epoch', 'train_epoch', 'train_model']
def pr_eight(x: Tensor, w: Tensor) -> Tensor:
    """The weighted sum of the pixels: a score that can be any number, and not a probability, despite its name."""
def init_params(size, std: float=1.0) -> Tensor:
    """Random numbers from a normal distribution, ready to be trained."""
def mat_mul(m1, m2) -> Tensor:
    """The matrix product by three plain loops. Slow, and nothing hidden. Raises `ValueError` where the shapes do not fit."""
def linear1(xb: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """The linear model: `xb@weights + bias`."""
def calc_grad(xb: Tensor, yb: Tensor, model, loss_func=...) -> Tensor:
    """Add the gradient of the batch's loss to `grad` of each parameter that `model` uses."""
def validate_epoch(model, dl, metric=...) -> float:
    """The mean of `metric` over items, and not over batches: a short last batch counts for less. Raises `ValueError` if `dl` is empty."""
def train_epoch(model, dl, opt, loss_func=...) -> Any:
    """One pass over `dl`. For each batch: gradient, step, clear."""
def train_model(model, epochs: int, train_dl, valid_dl, opt, loss_func=..., metric=..., prn: bool=True) -> list[float]:
    """Train for `epochs` epochs, and look at the validation set after each."""

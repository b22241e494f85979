# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.optimizers import BasicOptim
from typing import Any
__all__ = []
class Answers:
    """Answers that the book does not have as functions of their own"""

    def mean_digit(ims) -> Any:
        ...

    def center(ims) -> Any:
        ...

    def cross_entropy(acts, targs) -> Any:
        ...

    def batches(x, y, bs) -> Any:
        ...

    def shuffled(x, y) -> Any:
        ...

    def split(x, y, pct) -> Any:
        ...

    def sgd_step(params, lr) -> Any:
        ...

    def one_cycle(pos, lr_max, pct=0.25, div=25.0, div_final=100000.0) -> Any:
        ...

    def train_ten(model, x, y, epochs, lr, bs) -> Any:
        ...

    def linear_backward(g, x, w) -> Any:
        ...

    def fgsm(model, x, y, eps) -> Any:
        ...

    def iou(pred, targ) -> Any:
        ...
def rnd(*size: int, seed: int=0) -> Any:
    """Random numbers of a normal distribution that are always the same"""
train_batches: Any
def tiny_net() -> Any:
    """A linear model from two numbers to one, always with the same weights"""
def tiny_loss(p, t) -> Any:
    """A loss that is not the same if the arguments are exchanged"""
def weights_of(m) -> Any:
    """All weights of a model"""
def grads_of(m) -> Any:
    """All gradients of a model; zeros where there are none"""
def became(ps: list, grads) -> str:
    """What became of the gradients of `ps`, which were `grads`"""
class Watched(BasicOptim):
    """An optimizer that notes what is done"""
    n: Any
    o: Any

    def __init__(self, ps, lr, o) -> None:
        ...

    def note(self, what) -> Any:
        ...

    def step(self) -> Any:
        ...

    def zero_grad(self, set_to_none=True) -> Any:
        ...
def clears_first(p, lr: float) -> Any:
    """A wrong step: it clears the gradient before it is used"""
def stops_early(ps, lr: float) -> Any:
    """A wrong step: it ends at the first parameter without a gradient"""

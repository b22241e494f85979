# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.optimizers import Optimizer
from torch import Tensor
from typing import Any
__all__ = [
        'weight_decay', 'l2_reg', 'sgd_step', 'average_grad', 'average_sqr_grad', 'step_stat', 'momentum_step', 'rms_prop_step', 'debias',
        'adam_step', 'radam_step', 'RMSProp', 'RAdam', 'Lookahead', 'ranger'
]
def weight_decay(p: Tensor, lr: float, wd: float, do_wd: bool=True, **kwargs) -> Any:
    """Decay the weights themselves: `p *= 1-lr*wd`."""
def l2_reg(p: Tensor, lr: float, wd: float, do_wd: bool=True, **kwargs) -> Any:
    """Add the gradient of a penalty for large weights: `p.grad += wd*p`."""
def sgd_step(p, lr, **kwargs) -> Any:
    """Move `p` against its gradient, `lr` times as far; `kwargs` are not used"""
def average_grad(p: Tensor, mom: float, dampening: bool=False, grad_avg: Tensor | None=None, **kwargs) -> dict:
    """The running sum, or mean, of gradients."""
def average_sqr_grad(p: Tensor, sqr_mom: float, dampening: bool=True, sqr_avg: Tensor | None=None, **kwargs) -> dict:
    """The running mean, or sum, of squared gradients."""
def step_stat(p, step=0, **kwargs) -> Any:
    """Count steps: `step` so far, for the parameter `p`; `kwargs` are not used"""
def momentum_step(p, lr, grad_avg, **kwargs) -> Any:
    """Move `p` by -`lr` times `grad_avg`, without `kwargs`"""
def rms_prop_step(p: Tensor, lr: float, sqr_avg: Tensor, eps: float, grad_avg: Tensor | None=None, **kwargs) -> Any:
    """A step divided by the root of the mean square."""
def debias(mom, damp, step) -> Any:
    """The sum of `damp` times `mom` to the power of 0, 1, … `step` - 1"""
def adam_step(p: Tensor, lr: float, mom: float, step: int, sqr_mom: float, grad_avg: Tensor, sqr_avg: Tensor, eps: float, **kwargs) -> Any:
    """The step of Adam."""
def radam_step(
        p: Tensor, lr: float, mom: float, step: int, sqr_mom: float, grad_avg: Tensor, sqr_avg: Tensor, eps: float, beta: float, **kwargs
) -> Any:
    """The step of RAdam."""
def RMSProp(params, lr, mom: float=0.0, sqr_mom: float=0.99, eps: float=1e-08, wd: float=0.0, decouple_wd: bool=True) -> Optimizer:
    """Steps divided by the root of the mean square of recent gradients (G. Hinton, 2012)."""
def RAdam(
        params, lr, mom: float=0.9, sqr_mom: float=0.99, eps: float=1e-05, wd: float=0.0, beta: float=0.0, decouple_wd: bool=True
) -> Optimizer:
    """Adam that begins as momentum."""
class Lookahead(Optimizer):
    """Another optimizer, and slow weights that follow its parameters. Raises `ValueError` for a state that another kind of optimizer
    saved."""
    count: Any
    slow_weights: Any
    opt: Optimizer
    k: int
    alpha: float

    def __init__(self, opt: Optimizer, k: int=6, alpha: float=0.5) -> None:
        ...

    def step(self) -> Any:
        ...

    def clear_state(self) -> Any:
        """Forget earlier steps"""

    def state_dict(self) -> Any:
        """That of the other optimizer, and the slow weights"""

    def load_state_dict(self, sd) -> Any:
        """Load what `state_dict` returned"""

    def __getattr__(self, name: str) -> Any:
        ...
def ranger(params, lr, mom: float=0.95, wd: float=0.01, eps: float=1e-06, k: int=6, alpha: float=0.5, **kwargs) -> Lookahead:
    """`Lookahead` around `RAdam`."""

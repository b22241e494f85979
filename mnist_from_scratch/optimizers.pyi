# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.engine.torch_optim import OptimWrapper
from typing import Any
__all__ = ['BasicOptim', 'Optimizer', 'SGD', 'Adam']
class BasicOptim:
    """Plain gradient descent: each parameter moves against its gradient, `lr` times as far."""
    params: Any
    lr: float

    def __init__(self, params, lr: float) -> None:
        ...

    def step(self) -> Any:
        """One step for each parameter that has a gradient"""

    def zero_grad(self) -> Any:
        """Clear all gradients"""
class Optimizer:
    """Groups of parameters with their hyper-parameters, and a state for each parameter. A subclass changes one parameter in `update`."""
    param_lists: Any
    hypers: Any
    state: Any

    def __init__(self, params, **hypers) -> None:
        ...

    @classmethod
    def check_hyper(cls, k, v) -> Any:
        """Raises `ValueError` if `v` cannot be the hyper-parameter `k`: rates, weight decay and `eps` are finite and 0 or more; the decay
        of an average, such as momentum, is less than 1"""

    def load_state_dict(self, sd) -> Any:
        """Load what `state_dict` returned. Raises `ValueError` if it belongs to other parameters."""

    @classmethod
    def from_torch(cls, params=None, opt=None, **kwargs) -> OptimWrapper:
        """An optimizer of PyTorch's with the interface of ours"""

    def set_hyper(self, k: str, v) -> Any:
        """Set a hyper-parameter. `slice(last)` gives the last group `last`, and the others a tenth of it, as in fastai."""

    def set_hypers(self, **kwargs) -> Any:
        """`set_hyper` for each"""

    def step(self) -> Any:
        """One step for each parameter that has a gradient"""

    def update(self, p, state, **hypers) -> Any:
        """Change `p` in place by its `grad`"""

    def zero_grad(self) -> Any:
        """Clear all gradients"""

    def freeze_to(self, n: int) -> Any:
        """Train only the groups from `n` on: the others get no gradients."""

    def clear_state(self) -> Any:
        """Forget earlier steps, but not which parameters have no weight decay, or are never frozen"""

    def state_dict(self) -> Any:
        """The states of all parameters, in their order, and the hyper-parameters of all groups"""
class SGD(Optimizer):
    """Gradient descent with momentum (Polyak, 1964) and weight decay; fastai's arguments and update."""
    decouple_wd: bool
    use_mom: Any

    def __init__(self, params, lr, mom: float=0.0, wd: float=0.0, decouple_wd: bool=True) -> None:
        ...

    def update(self, p, state, lr, mom, wd) -> Any:
        """`p -= lr*g`, where `g` is the gradient, or the running sum of gradients"""
class Adam(Optimizer):
    """Adam (Kingma & Ba, 2014), with decoupled weight decay AdamW (Loshchilov & Hutter, 2017); fastai's arguments, defaults and update."""
    decouple_wd: bool

    def __init__(self, params, lr, mom: float=0.9, sqr_mom: float=0.99, eps: float=1e-05, wd: float=0.01, decouple_wd: bool=True) -> None:
        ...

    def update(self, p, state, lr, mom, sqr_mom, eps, wd) -> Any:
        """`p -= lr * average gradient / (root of average square + eps)`"""

# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
__all__ = ['numerical_grad', 'check_grad']
def numerical_grad(f, x: Tensor, eps: float=1e-06) -> Tensor:
    """The gradient of `f` at `x` by central differences in 64-bit floats, two calls for each element. Raises `ValueError` if `f` gives more
    than one number."""
def check_grad(f, x: Tensor, grad: Tensor, eps: float=1e-06, atol: float=1e-06, rtol: float=0.0001) -> float:
    """Compare `grad` with `numerical_grad(f, x)`. Raises `AssertionError` with index and both values where they differ most, `ValueError`
    for another shape."""

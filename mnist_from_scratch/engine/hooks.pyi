# Made by docs/stubs.py from the module of the same name.
from collections.abc import Iterator
from fastcore.foundation import L
from mnist_from_scratch.learner import Callback
from torch import Tensor
from torch import nn
from typing import Any
from typing import Self
__all__ = [
        'Hook', 'hook_output', 'Hooks', 'hook_outputs', 'dummy_eval', 'model_sizes', 'has_params', 'total_params', 'layer_info',
        'HookCallback'
]
class Hook:
    """Calls `hook_func(m, input, output)` whenever the layer `m` has run, and keeps the last result in `stored`. A `with` block removes
    it."""
    stored: Any
    hook_func: Any
    detach: bool
    cpu: bool
    hook: Any

    def __init__(self, m: nn.Module, hook_func, is_forward: bool=True, detach: bool=True, cpu: bool=False, gather: bool=False) -> None:
        ...

    def hook_fn(self, module, input, output) -> Any:
        """What PyTorch calls"""

    def remove(self) -> Any:
        """Remove it from the layer; a second time does nothing"""

    def __enter__(self) -> Self:
        ...

    def __exit__(self, *args) -> Any:
        ...
def hook_output(module: nn.Module, detach: bool=True, cpu: bool=False, grad: bool=False) -> Hook:
    """A hook that keeps the output of `module`."""
class Hooks:
    """A `Hook` for each of several layers, in their order."""
    hooks: Any

    def __init__(self, ms, hook_func, is_forward: bool=True, detach: bool=True, cpu: bool=False) -> None:
        ...

    def __getitem__(self, i) -> Any:
        ...

    def __len__(self) -> int:
        ...

    def __iter__(self) -> Iterator[Any]:
        ...

    @property
    def stored(self) -> Any:
        """What each has kept"""

    def remove(self) -> Any:
        """Remove all of them"""

    def __enter__(self) -> Self:
        ...

    def __exit__(self, *args) -> Any:
        ...
def hook_outputs(modules, detach: bool=True, cpu: bool=False, grad: bool=False) -> Hooks:
    """Hooks that keep the outputs of `modules`."""
def dummy_eval(m: nn.Module, size=...) -> Tensor:
    """Pass one image of noise through `m`. Raises `ValueError` if there is no convolution, which tells the number of channels."""
def model_sizes(m: nn.Module, size=...) -> list:
    """The shape of the output of each child of `m`, for one image."""
def has_params(m: nn.Module) -> Any:
    """Does `m` have parameters?"""
def total_params(m: nn.Module) -> tuple:
    """The number of parameters of `m`, and whether the first is trained"""
def layer_info(learn, *xb) -> L:
    """What the layers without layers inside do to the first item of a batch. It leaves no trace."""
class HookCallback(Callback):
    """Calls its `hook(m, input, output)` for layers during a fit; `hooks.stored` has the last results."""
    hooks: Any
    modules: Any
    every: int | None
    remove_end: bool
    include_paramless: bool
    is_forward: bool
    detach: bool
    cpu: bool

    def __init__(
            self, modules=None, every: int | None=None, remove_end: bool=True, is_forward: bool=True, detach: bool=True, cpu: bool=True,
            include_paramless: bool=False, hook=None
    ) -> None:
        ...

    def hook(self, m, i, o) -> Any:
        """Nothing; override it. What it returns is kept"""

    def before_fit(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def cleanup(self) -> Any:
        ...

# Made by docs/stubs.py from the module of the same name.
from collections.abc import Iterator
from contextlib import contextmanager
from torch import Tensor
from torch import nn
from typing import Any
import torch
__all__ = [
        'MnistError', 'printable', 'ShapeError', 'check_shapes', 'only_ones', 'check_floats', 'check_pixels', 'one_with_one', 'set_seed',
        'rng_states', 'set_rng_states', 'default_device', 'apply', 'find_bs', 'to_device', 'to_cpu', 'model_device', 'trainable_params',
        'norm_bias_params', 'n_inputs', 'replacing_attrs', 'blame', 'misspelled', 'check_number'
]
class MnistError(Exception):
    """Something outside the code is wrong. The message is one line: what, where, and what to do."""

    def __str__(self) -> str:
        ...
def printable(s) -> str:
    """`s` as a string of one line that can be printed anywhere: other characters as Python writes them in a string."""
def one_line(e: Exception) -> str:
    """The message of the exception `e` in one line."""
def describe(o) -> str:
    """Type and shape of `o`, for a message; without these, the name of its class."""
class ShapeError(MnistError, ValueError):
    """Tensors have the wrong shapes or types. `tensors` are as for `check_shapes`; the message says what to pass instead, if that is
    clear."""

    def __init__(self, who, **tensors) -> None:
        ...
def check_shapes(who: str, **tensors) -> Any:
    """Raises `ShapeError`, which is also a `ValueError`, unless all `tensors` are as needed, and each name in their shapes stands for one
    number."""
def only_ones(x: Tensor) -> bool:
    """Are all of `x` 0 or 1, and some 1? It stops at the first larger number. As pixels from 0 to 255 they would be an image of almost
    nothing."""
def check_floats(who: str, *xs: Tensor) -> Any:
    """Raises `ShapeError` unless all of `xs` are tensors of floats, and, if there are several, have the same last two axes. A difference of
    bytes wraps around: 3 - 5 is 254."""
def check_pixels(who: str, x: Tensor, floats: bool=False) -> int:
    """Which kind of pixels `x` holds. Raises `ValueError` (a `ShapeError` for a type) if they are out of range, and for whole numbers of 0
    and 1 only."""
def one_with_one(f, preds, *targets) -> Any:
    """`f(preds, *targets)`. Raises `ShapeError` if `f` broadcasts [N,1] against [N], or similar shapes, and so compares all with all."""
def set_seed(s: int, reproducible: bool=False) -> Any:
    """Seed Python's, NumPy's and PyTorch's generators with `s`."""
@contextmanager
def keeping_rng() -> Iterator[Any]:
    """After the block Python's, NumPy's and PyTorch's random generators are as they were before."""
def generator_owners(dl) -> tuple:
    """The objects that may have their own random generator."""
def rng_states(dls) -> dict:
    """The state of all that training may draw random numbers from: PyTorch, Python, NumPy, and the loaders."""
def set_rng_states(dls, s: dict) -> Any:
    """Restore the state of all random generators."""
def of_dataset(ds, name: str) -> Any:
    """`ds.name`, or that of the dataset that `ds` is a part of; `None` if neither has it"""
def default_device(use: bool | int | None=-1) -> torch.device:
    """The device to use; any `use` but -1 is remembered. Name and argument are fastai's. Raises `MnistError` if you ask for a GPU and there
    is none."""
def apply(func, x, *args, **kwargs) -> Any:
    """Apply `func` to every part of `x`. fastai's function of this name leaves out numbers and strings. Named tuples stay named tuples."""
def find_bs(*bs) -> int:
    """The length of the first tensor that has an axis, or 1 without such a tensor; fastai's function of this name takes one batch."""
def to_device(b, device=None, non_blocking: bool=False) -> Any:
    """Move all tensors of `b` to `device`, as fastai's function of this name does."""
def to_cpu(b) -> Any:
    """Move all tensors of `b` into the CPU's memory."""
def model_device(model: nn.Module) -> torch.device:
    """The device of `model`."""
def trainable_params(m: nn.Module) -> list:
    """All parameters to train, as one group."""
def norm_bias_params(m: nn.Module, with_bias: bool=True) -> list:
    """The parameters of normalisation layers, and all biases too if `with_bias`."""
def mark_params(opt, m: nn.Module, wd_bn_bias: bool, train_bn: bool) -> Any:
    """Note in the state of `opt` which parameters of `m` weight decay leaves alone (`do_wd`), and which freezing does (`force_train`)"""
def n_inputs(b: tuple, n_inp: int | None=None) -> int:
    """How many parts of `b` are inputs: without `n_inp`, all but the last."""
@contextmanager
def replacing_attrs(o, **attrs) -> Iterator[Any]:
    """A block in which some attributes of `o` have other values; attributes that only its class has come from the class again afterwards"""
def blame(e: Exception, who: str) -> Any:
    """Add `who` to the message of `e`; then raise it again."""
def misspelled(o, base: type, names) -> str | None:
    """Does a child of `base` have a method that is never called, since its name is nearly one of `names`?"""
class ComesWith:
    """A placeholder in a class for a method that another module adds; it names that module"""
    why: Any

    def __init__(self, what: str, module: str) -> None:
        ...

    def __get__(self, obj, cls=None) -> Any:
        ...
def comes_with(module: str, names: str) -> Any:
    """Until `module` is imported, looking up one of `names` on the class or an object of it raises an error that says to import it."""
class Forwarding:
    """Attributes that an object lacks are looked up in its `_default`; if another module adds them to the class, the error names the
    import"""

    def __getattr__(self, k) -> Any:
        ...
def check_number(
        k: str, v, least: float | None=None, above: float | None=None, below: float | None=None, whole: bool=False, none: bool=False
) -> Any:
    """Raises `ValueError` unless `v` is such a number. Booleans, strings and NaN are not."""

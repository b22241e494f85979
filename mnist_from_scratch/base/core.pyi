# Made by docs/stubs.py from the module of the same name.
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from torch import Tensor
from typing import Any
import torch
__all__ = [
        'exportables', 'MnistError', 'printable', 'ShapeError', 'check_shapes', 'only_ones', 'check_floats', 'check_pixels', 'one_with_one',
        'is_stream', 'replacing', 'making_folder', 'file_size', 'check_link', 'set_seed', 'pack_state', 'unpack_state', 'read_tensors',
        'write_state', 'read_state', 'exportable', 'default_device', 'apply', 'find_bs', 'to_device', 'to_cpu', 'blame', 'misspelled',
        'check_number'
]
class MnistError(Exception):
    """Something outside the code is wrong. The message is one line: what, where, and what to do."""

    def __str__(self) -> str:
        ...
def printable(s) -> str:
    """The text of `s` in one line that can be printed anywhere: other characters as Python writes them in a string."""
class ShapeError(MnistError, ValueError):
    """Tensors have other shapes or types than are needed. `tensors` are as for `check_shapes`; the message says what to pass instead, if
    that is plain."""

    def __init__(self, who, **tensors) -> None:
        ...
def check_shapes(who: str, **tensors) -> Any:
    """Raises `ShapeError`, which is also a `ValueError`, unless all `tensors` are as needed, and each name in their shapes stands for one
    number."""
def only_ones(x: Tensor) -> bool:
    """Are all of `x` 0 or 1, and some 1? It looks no further than the first that is more. Taken for pixels from 0 to 255 that would be an
    image of almost nothing."""
def check_floats(who: str, *xs: Tensor) -> Any:
    """Raises `ShapeError` unless all of `xs` are tensors of floats, and several have the same last two axes. A difference of bytes wraps
    around: 3 - 5 is 254."""
def check_pixels(who: str, x: Tensor, floats: bool=False) -> int:
    """Which kind of pixels `x` holds. Raises `ValueError` (a `ShapeError` for a type) where they are out of range, and for whole numbers of
    0 and 1 only."""
def one_with_one(f, preds, *targets) -> Any:
    """`f(preds, *targets)`. Raises `ShapeError` if `f` broadcasts [N,1] against [N], or the like, and so compares all with all."""
def is_stream(path: str | Path) -> bool:
    """Is what is written to `path` passed on and not kept? So it is with pipes and devices, and with /dev/stdout and the like."""
@contextmanager
def replacing(path: str | Path, sync: bool=True) -> Iterator[Any]:
    """Yield a temporary path; when the block ends without an error, what is there takes the place of `path`."""
@contextmanager
def making_folder(path: str | Path) -> Iterator[Any]:
    """Yield a temporary folder that becomes `path` when the block ends, or `None` if `path` is already there."""
def file_size(path: str | Path, what: str) -> int:
    """How large a file is. Raises `MnistError` for a folder, a pipe, a device, and where there is nothing."""
def check_link(path: str | Path, root: str | Path) -> Any:
    """Raise `MnistError` if `path` is a link, unless it is one to a file below `root`."""
def set_seed(s: int, reproducible: bool=False) -> Any:
    """Seed Python's, NumPy's and PyTorch's generators with `s`."""
def pack_state(state, default=None) -> tuple:
    """Take `state` apart. `default` is as that of `json.dumps`; without it anything else raises `TypeError`."""
def unpack_state(text: str, tensors: list, object_hook=None, skip=...) -> Any:
    """Put together what `pack_state` took apart. Any text that is something else raises one of Python's errors, and does nothing."""
def read_tensors(file: str | Path, what: str, check) -> tuple:
    """Read `file`, of at most 10,000 tensors; of these not a byte unless `check` has let them pass, which may raise any exception."""
def write_state(file: str | Path, state: dict, default=None, sync: bool=True) -> str | Path:
    """Write `state`, whole or not at all. Raises `MnistError` where it cannot be written, `TypeError` for what has no place in a state."""
def read_state(file: str | Path, object_hook=None, skip=..., check=...) -> dict:
    """Read `file`. Raises `MnistError` if it cannot be read, is damaged, or is someone else's."""
exportables: Any
def exportable(o) -> Any:
    """Decorator: `Learner.export` may name `o` in a file, and `load_learner` may look it up there."""
def default_device(use: bool | int | None=-1) -> torch.device:
    """The device to use; any `use` but -1 is remembered. Name and argument are fastai's. Raises `MnistError` if a GPU is demanded and there
    is none."""
def apply(func, x, *args, **kwargs) -> Any:
    """`func` of every part of `x`, as fastai's function of this name, which leaves numbers and texts out; named tuples stay what they
    are."""
def find_bs(*bs) -> int:
    """The length of the first tensor that has an axis, or 1 if there is none; fastai's function of this name takes one batch."""
def to_device(b, device=None, non_blocking: bool=False) -> Any:
    """Put all tensors of `b` on `device`, as fastai's function of this name does."""
def to_cpu(b) -> Any:
    """Put all tensors of `b` into the processor's memory."""
def blame(e: Exception, who: str) -> Any:
    """Add `who` to the message of `e`; then raise it again."""
def misspelled(o, base: type, names) -> str | None:
    """Does a child of `base` have a method that is never called, since its name is nearly one of `names`?"""
def check_number(
        k: str, v, least: float | None=None, above: float | None=None, below: float | None=None, whole: bool=False, none: bool=False
) -> Any:
    """Raises `ValueError` unless `v` is such a number. Booleans, strings and NaN are not."""

# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.data.sets import Digits
from pathlib import Path
from torch import Tensor
from typing import Any
__all__ = ['read_idx', 'load_idx']
def read_idx(path: str | Path, mmap: bool=False) -> Tensor:
    """Read an IDX file of unsigned bytes (LeCun's format for MNIST). Raises `MnistError` if it is not one, or not complete."""
def idx_files(folder: Path) -> dict:
    """MNIST's four files in `folder`: `{'train-images': path, …}`, `None` for a missing one."""
def load_idx(folder: str | Path, mmap: bool=False) -> tuple:
    """Read MNIST, or a set in its format, from four IDX files. Raises `MnistError` if one is missing, or if they do not fit together. A
    link is followed to a file in `folder` only. If the digits are dark on white, all are inverted, and `source` says so; a mixture of both
    kinds is refused."""
def write_idx(folder: Path, train: Digits, valid: Digits) -> Any:
    """Write two sets as MNIST's four files, not compressed."""

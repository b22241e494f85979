# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.data.sets import Digits
from pathlib import Path
from torch import Tensor
import numpy as np
__all__ = ['make_scene', 'rle_encode', 'rle_decode', 'write_rle', 'read_rle', 'write_scenes', 'mask_file']
def make_scene(x: np.ndarray, rng: np.random.Generator, size: int=64) -> tuple:
    """Up to three digits that do not overlap, or none, on a cloudy background with strokes, pieces of digits and noise."""
def rle_encode(mask) -> str:
    """Run-length code as in Kaggle's TGS salt contest: pixels are numbered from 1, column by column. Raises `MnistError` for anything that
    is not a mask."""
def rle_decode(rle: str, shape) -> Tensor:
    """The mask of a run-length code. Raises `MnistError` for a code that is incomplete, not in order, or leads out of the mask."""
def write_rle(file: str | Path, masks: dict) -> str | Path:
    """Write a table `id,rle_mask`, whole or not at all. Raises `MnistError` for anything that is not a mask, and if it cannot be
    written."""
def read_rle(file: str | Path, shape) -> dict:
    """Read what `write_rle` wrote, or Kaggle's `train.csv`; a line may have 65,535 characters. Raises `MnistError` for a wrong row or code,
    or an id that comes twice."""
def write_scenes(path: str | Path, digits: Digits, n: int, size: int=64, seed: int=0) -> Path:
    """Write `n` scenes as `images/<id>.png`, `masks/<id>.png` with 0 and 255, and `masks.csv`, all or nothing. Raises `MnistError` if
    `path` already exists, or cannot be written."""
def mask_file(o: Path) -> Path:
    """Where the mask of an image is, in the layout of `write_scenes`: a `label_func`."""
def read_mask(path) -> Tensor:
    """The mask in an image file. Raises `MnistError` if it has more than two values."""

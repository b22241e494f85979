# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.data.sets import Digits
from pathlib import Path
from typing import Any
__all__ = ['load_csv']
def text_lines(f, path, most: int) -> Any:
    """The lines of the text file `f`, with at most 2**16 characters in a line. Raises `MnistError` for more."""
def load_csv(path: str | Path, labels: bool=False) -> Digits:
    """Read digits from a table in the format of Kaggle's `train.csv` and `test.csv`. Raises `MnistError` for a wrong column or value."""

# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Learner
from pathlib import Path
from torch import nn
__all__ = ['read_export', 'load_learner']
def write_export(file: Path, m: nn.Module, xb: tuple, vocab, loss, data, about: dict | None=None) -> Path:
    """What `Learner.export` does, for any model. Leaves out what cannot be described, with a warning."""
def read_export(file: Path, model: nn.Module | None=None, what: str='the name that it was saved under', n_items: int=1) -> dict:
    """What is in the file, all of it checked. Raises `MnistError` for a file that is missing, damaged, foreign, or does not fit."""
def load_learner(fname: str | Path, cpu: bool=True, model: nn.Module | None=None) -> Learner:
    """A Learner that predicts as the exported one does. Raises `MnistError` for a file that is missing, damaged, foreign, or does not
    fit."""

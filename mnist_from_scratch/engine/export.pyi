# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Learner
from pathlib import Path
from torch import nn
__all__ = ['load_learner']
def load_learner(fname: str | Path, cpu: bool=True, model: nn.Module | None=None) -> Learner:
    """A Learner that predicts as the exported one does. Raises `MnistError` for a file that is missing, damaged, foreign, or does not
    fit."""

# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from typing import Any
import numpy as np
__all__ = ['Interpretation', 'ClassificationInterpretation']
class Interpretation:
    """Look at single items of a set: `losses` are those of the items of `dl`, in their order."""
    learn: Any
    dl: Any
    losses: Tensor
    act: Any

    def __init__(self, learn, dl, losses: Tensor, act=None) -> None:
        ...

    @classmethod
    def from_learner(cls, learn, ds_idx: int=1, dl=None, act=None) -> Any:
        """Predict a set. Raises `TypeError` if the loss cannot give one number for each item."""

    def __getitem__(self, idxs) -> Any:
        """Inputs, predictions, targets, answers and losses of the items with the numbers `idxs`"""

    def top_losses(self, k: int | None=None, largest: bool=True, items: bool=False) -> tuple:
        """The highest losses, the first one first. Raises `ValueError` if there are not as many."""

    def plot_top_losses(self, k, largest: bool=True, **kwargs) -> Any:
        """Draw the items with the highest losses."""

    def show_results(self, idxs, **kwargs) -> Any:
        """Draw items with their truth and the answer."""
class ClassificationInterpretation(Interpretation):
    """`Interpretation` of a model that predicts classes; `vocab` has their names, or their numbers if the set has no names."""
    vocab: Any

    def __init__(self, learn, dl, losses: Tensor, act=None) -> None:
        ...

    def confusion_matrix(self) -> np.ndarray:
        """Row `i`, column `j` counts items of class `i` that were taken for `j`."""

    def most_confused(self, min_val: int=1) -> list:
        """Which classes are taken for which, the most frequent mistake first."""

    def plot_confusion_matrix(
            self, normalize: bool=False, title: str='Confusion matrix', cmap: str='Blues', norm_dec: int=2, plot_txt: bool=True, **kwargs
    ) -> Any:
        """Draw the confusion matrix, on a new figure."""

    def print_classification_report(self) -> Any:
        """Print scikit-learn's `classification_report`."""

# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from typing import Any
__all__ = ['confusion_matrix', 'plot_confusion', 'worst_mistakes', 'report']
def confusion_matrix(preds: Tensor, targs: Tensor, n: int) -> Tensor:
    """Rows are the truth, columns the answers, as in scikit-learn. Raises `ValueError` for a class that is not 0 to n-1."""
def plot_confusion(cm: Tensor, classes, ax=None) -> Any:
    """Draw a confusion matrix: right answers on green, mistakes the redder the larger their share of the row."""
def worst_mistakes(scores: Tensor, targs: Tensor) -> Tensor:
    """Where the highest score belongs to a wrong class, sorted by its lead over the right one. Raises `ShapeError` for other shapes."""
def report(x: Tensor, scores: Tensor, targs: Tensor, classes, title: str='', seed: int=0) -> Any:
    """One page on a classifier: accuracy, some digits, the worst mistakes, and the confusion matrix."""

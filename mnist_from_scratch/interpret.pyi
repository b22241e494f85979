# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from typing import Any
__all__ = ['confusion_matrix', 'plot_confusion', 'worst_mistakes', 'calibration_table', 'fgsm', 'report']
def confusion_matrix(preds: Tensor, targs: Tensor, n: int) -> Tensor:
    """Rows are the truth, columns the answers, as in scikit-learn. Raises `ValueError` for a class that is not 0 to n-1."""
def plot_confusion(cm: Tensor, classes, ax=None) -> Any:
    """Draw a confusion matrix: right answers in green, mistakes in red, stronger where their fraction of the row is larger."""
def worst_mistakes(scores: Tensor, targs: Tensor) -> Tensor:
    """Where the highest score belongs to a wrong class, sorted by its lead over the right one. Raises `ShapeError` for other shapes."""
def calibration_table(probs: Tensor, targs: Tensor, n_bins: int=10) -> Tensor:
    """Compare confidence, the probability of the answer, with accuracy, as in C. Guo and others (2017), *On calibration of modern neural
    networks*. Raises `ShapeError` for other shapes, `ValueError` for values that are not probabilities."""
def fgsm(model, x: Tensor, y: Tensor, eps: float, loss_func=...) -> Tensor:
    """Adversarial images, by the fast gradient sign method: each pixel moves by `eps` in the direction that raises the loss. I. Goodfellow
    and others (2014), *Explaining and harnessing adversarial examples*."""
def report(x: Tensor, scores: Tensor, targs: Tensor, classes, title: str='', seed: int=0) -> Any:
    """One page on a classifier: accuracy, some digits, the worst mistakes, and the confusion matrix."""

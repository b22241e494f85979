# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.metrics import AvgLoss
from mnist_from_scratch.metrics import AvgMetric
from mnist_from_scratch.metrics import Metric
from torch import Tensor
from typing import Any
__all__ = [
        'perplexity', 'mae', 'accuracy_multi', 'Dice', 'AccumMetric', 'skm_to_fastai', 'Precision', 'Recall', 'F1Score', 'RocAuc',
        'Perplexity', 'LossMetric', 'LossMetrics', 'ValueMetric'
]
def mae(inp: Tensor, targ: Tensor) -> Tensor:
    """Mean absolute error. Raises `ShapeError` for different numbers of elements."""
def accuracy_multi(inp: Tensor, targ: Tensor, thresh: float=0.5, sigmoid: bool=True) -> Tensor:
    """Fraction of labels that are right. Raises `ShapeError` for different numbers of elements."""
class Dice(Metric):
    """The Dice coefficient of all pixels of a set together, for activations of two classes and masks of 1 and 0."""
    inter: Any
    union: Any
    axis: int

    def __init__(self, axis: int=1) -> None:
        ...

    def reset(self) -> Any:
        ...

    def accumulate(self, learn) -> Any:
        ...

    @property
    def value(self) -> Any:
        """`None` if nothing was found and nothing is there"""
class AccumMetric(Metric):
    """`func` of the predictions and targets of all batches. Raises `ValueError` for another `activation`."""
    preds: Any
    targs: Any
    func: Any
    dim_argmax: int | None
    activation: str
    thresh: float | None
    flatten: bool
    to_np: bool
    invert_args: bool
    kwargs: Any
    name: Any

    def __init__(
            self, func, dim_argmax: int | None=None, activation: str='no', thresh: float | None=None, to_np: bool=False,
            invert_arg: bool=False, flatten: bool=True, name: str | None=None, **kwargs
    ) -> None:
        ...

    def reset(self) -> Any:
        ...

    def accumulate(self, learn) -> Any:
        ...

    def accum_values(self, preds, targs, learn=None) -> Any:
        """Keep the predictions and targets of a batch on the CPU"""

    @property
    def value(self) -> Any:
        """What `func` gives; `None` without batches"""

    def __call__(self, preds, targs) -> Any:
        ...
def skm_to_fastai(func, is_class: bool=True, thresh: float | None=None, axis: int=-1, activation: str | None=None, **kwargs) -> AccumMetric:
    """A metric of a function of `sklearn.metrics`."""
def Precision(axis: int=-1, labels=None, pos_label: int=1, average: str | None='binary', sample_weight=None) -> AccumMetric:
    """How many of those that were taken for a class are of it."""
def Recall(axis: int=-1, labels=None, pos_label: int=1, average: str | None='binary', sample_weight=None) -> AccumMetric:
    """How many of a class were found."""
def F1Score(axis: int=-1, labels=None, pos_label: int=1, average: str | None='binary', sample_weight=None) -> AccumMetric:
    """The harmonic mean of precision and recall."""
def RocAuc(
        axis: int=-1, average: str | None='macro', sample_weight=None, max_fpr: float | None=None, multi_class: str='ovr'
) -> AccumMetric:
    """The area under the ROC curve: how often an item of a class gets a higher probability for it than one of another class. Raises
    `ValueError` for another `multi_class`."""
class Perplexity(AvgLoss):
    """The exponential of the mean loss."""
    name: str

    @property
    def value(self) -> Any:
        """`None` without items"""
perplexity: Any
class LossMetric(AvgMetric):
    """The mean of what the loss keeps as `attr`, one number for each batch."""
    attr: str
    name: Any

    def __init__(self, attr: str, nm: str | None=None) -> None:
        ...
def LossMetrics(attrs: str | list, nms: str | list | None=None) -> list:
    """A `LossMetric` for each of `attrs`."""
class ValueMetric(Metric):
    """What `func()` gives at the end of the epoch."""
    func: Any
    name: Any

    def __init__(self, func, metric_name: str | None=None) -> None:
        ...

    @property
    def value(self) -> Any:
        """The result of `func`"""

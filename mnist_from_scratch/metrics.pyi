# Made by docs/stubs.py from the module of the same name.
from typing import Any
__all__ = [
        'Metric', 'AvgMetric', 'bare_func', 'short_repr', 'AvgLoss', 'TorchMetric', 'to_detach', 'to_concat', 'mk_metric', 'AvgSmoothLoss'
]
class Metric:
    """Something to measure over an epoch: `reset`, `accumulate` after each batch, then `value`."""

    def reset(self) -> Any:
        """Forget all batches"""

    def accumulate(self, learn) -> Any:
        """Add the batch that `learn` has just done"""

    @property
    def value(self) -> Any:
        """The result so far"""

    @property
    def name(self) -> Any:
        """The heading of its column"""
class AvgMetric(Metric):
    """The mean of `func(predictions, targets)` over items: each batch counts by its size."""
    values: Any
    sizes: Any
    func: Any

    def __init__(self, func) -> None:
        """`func` gives one number"""

    def reset(self) -> Any:
        ...

    def accumulate(self, learn) -> Any:
        """Add the batch that `learn` has just done"""

    @property
    def value(self) -> Any:
        """The mean so far; `None` without items"""

    @property
    def name(self) -> Any:
        """The function's name"""
def bare_func(f) -> Any:
    """The function in `f`, which may be a `partial` of it"""
def short_repr(f) -> str:
    """A short name for `f`, with the arguments that a `partial` fixes"""
class AvgLoss(AvgMetric):
    """The mean loss over items."""
    name: str

    def __init__(self) -> None:
        ...
class TorchMetric(Metric):
    """A metric of torchmetrics, or any object with `update(predictions, targets)`, `compute()` and `reset()`."""
    n: int
    metric: Any

    def __init__(self, metric) -> None:
        """`metric` keeps the counts"""

    def reset(self) -> Any:
        ...

    def accumulate(self, learn) -> Any:
        """Add the batch that `learn` has just done"""

    @property
    def value(self) -> Any:
        """The result of `compute`; a tensor of one number as that number"""

    @property
    def name(self) -> Any:
        """The class's name in snake case, without `Metric`"""
def to_detach(b, cpu: bool=True) -> Any:
    """`b` without the graph that autograd keeps for the backward pass, as in fastai."""
def to_concat(xs: list, dim: int=0) -> Any:
    """Join batches into one, as in fastai. Values without an axis of items become a tuple, one value for each batch."""
def mk_metric(m) -> Any:
    """A `Metric` as it is, an object that keeps counts as a `TorchMetric`, a function as an `AvgMetric`; a class is called first. Raises
    `TypeError` for anything else."""
class AvgSmoothLoss(Metric):
    """Moving average of the training loss: `beta` of it stays at each batch. Losses are collected, and added when the value is read."""
    aside: Any
    values: Any
    val: Any
    count: Any
    beta: float
    name: str

    def __init__(self, beta: float=0.98) -> None:
        """`beta` is below 1"""

    def reset(self) -> Any:
        ...

    def accumulate(self, learn) -> Any:
        """Collect its loss"""

    def history(self) -> Any:
        """The average after each batch: a list of tensors with one number each"""

    @property
    def value(self) -> Any:
        """The average so far; nan without batches"""

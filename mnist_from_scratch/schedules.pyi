# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Callback
from typing import Any
__all__ = [
        'sched_lin', 'sched_cos', 'sched_exp', 'sched_no', 'SchedLin', 'SchedCos', 'SchedExp', 'SchedNo', 'combine_scheds', 'combined_cos',
        'ParamScheduler', 'LRFinder', 'rng_states', 'set_rng_states', 'valley', 'slide'
]
def sched_lin(start, end, pos) -> Any:
    """Along a line"""
def sched_cos(start, end, pos) -> Any:
    """Along half a cosine wave"""
def sched_exp(start, end, pos) -> Any:
    """By an even factor"""
def sched_no(start, end, pos) -> Any:
    """Stay at `start`"""
def SchedLin(start, end) -> Any:
    """A linear schedule from `start` to `end`, as a function of `pos`"""
def SchedCos(start, end) -> Any:
    """A cosine schedule from `start` to `end`, as a function of `pos`"""
def SchedExp(start, end) -> Any:
    """An exponential schedule from `start` to `end`, both above 0, else `ValueError`; as a function of `pos`"""
def SchedNo(start, end) -> Any:
    """The constant `start`, as a function of `pos`"""
def combine_scheds(pcts, scheds) -> Any:
    """One schedule after the other."""
def combined_cos(pct: float, start, middle, end) -> Any:
    """Cosine from `start` to `middle`, then from `middle` to `end`."""
class ParamScheduler(Callback):
    """Sets hyper-parameters before each batch, by schedules over the whole fit."""
    hps: Any
    scheds: dict
    order: int
    run_valid: bool
    state_attrs: Any

    def __init__(self, scheds: dict) -> None:
        """`scheds` has a schedule for each hyper-parameter's name"""

    def before_fit(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def after_fit(self) -> Any:
        ...
class LRFinder(ParamScheduler):
    """Trains with a rate that grows from `start_lr` to `end_lr` in `num_it` batches, and restores model and optimizer afterwards."""
    best_loss: Any
    kept: Any
    raw: Any
    n_first: Any
    num_it: Any
    stop_div: Any

    def __init__(self, start_lr=1e-07, end_lr=10, num_it=100, stop_div=True) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def before_validate(self) -> Any:
        ...

    def after_fit(self) -> Any:
        ...

    def restore(self, learn) -> Any:
        """Model and optimizer as they were before the fit"""
def rng_states(dls) -> dict:
    """The state of all that training may draw random numbers from: PyTorch, Python, NumPy, and the loaders."""
def set_rng_states(dls, s: dict) -> Any:
    """Put all generators of random numbers back to where they were."""
def valley(lrs, losses, num_it: int | None=None) -> tuple:
    """The middle of the longest falling stretch of `losses`: the longest sequence in which each is lower than the last. Raises `ValueError`
    if none is."""
def slide(lrs, losses, num_it: int | None=None, lr_diff: int=15, thresh: float=0.005, adjust_value: float=1.0) -> tuple:
    """Slide two slopes, `lr_diff` apart, from the right until they differ by no more than `thresh`."""

# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Callback
from typing import Any
__all__ = [
        'sched_lin', 'SchedLin', 'sched_cos', 'SchedCos', 'sched_exp', 'SchedExp', 'combined_cos', 'ParamScheduler', 'LRFinder', 'valley'
]
def sched_lin(start, end, pos) -> Any:
    """Along a line from `start` to `end`, at `pos` from 0 to 1"""
def SchedLin(start, end) -> Any:
    """A linear schedule from `start` to `end`, as a function of `pos`"""
def sched_cos(start, end, pos) -> Any:
    """Half a cosine from `start` to `end`, at `pos`"""
def SchedCos(start, end) -> Any:
    """A cosine schedule from `start` to `end`, as a function of `pos`"""
def sched_exp(start, end, pos) -> Any:
    """From `start` to `end` by a constant factor, at `pos` from 0 to 1"""
def SchedExp(start, end) -> Any:
    """An exponential schedule from `start` to `end`, as a function of `pos`"""
def combined_cos(pct, start, middle, end) -> Any:
    """A schedule: half a cosine wave from `start` to `middle`, then one from `middle` to `end`"""
class ParamScheduler(Callback):
    """Sets hyper-parameters before each batch, by schedules over the whole fit."""
    scheds: dict
    hps: Any
    order: int
    run_valid: bool
    state_attrs: Any

    def before_fit(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def after_fit(self) -> Any:
        ...

    def __init__(self, scheds: dict) -> None:
        ...
class LRFinder(ParamScheduler):
    """Trains with a rate that grows from `start_lr` to `end_lr` in `num_it` batches, and restores model and optimizer afterwards."""
    kept: Any
    raw: Any
    n_first: Any
    num_it: Any
    stop_div: Any
    best_loss: Any

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

    def __init__(self, start_lr=1e-07, end_lr=10, num_it=100, stop_div=True) -> None:
        ...

    def keep(self) -> Any:
        """Keep model and optimizer as they are, with buffers that are not part of the state"""

    def restore(self) -> Any:
        """Restore model and optimizer as they were before the fit; a second call does nothing"""

    def cleanup(self) -> Any:
        """Put back what a broken fit has changed"""

    def diverged(self, loss) -> Any:
        """Has the loss shot up, to four times the best one, and in five batches in a row?"""

    def curve(self, rec) -> Any:
        """Rates and losses to read a rate off, without the first tenth and the last five, up to the first loss that is not finite. Raises
        `ValueError` if there are none."""
def valley(lrs, losses, num_it=None) -> Any:
    """The rate halfway along the longest sequence of falling losses, and its point (rate, loss). Raises `ValueError` if no loss falls."""

# Made by docs/stubs.py from the module of the same name.
from typing import Any
__all__ = ['sched_no', 'SchedNo', 'combine_scheds', 'slide']
def sched_no(start, end, pos) -> Any:
    """Stay at `start`, whatever `end` and `pos` are"""
def SchedNo(start, end) -> Any:
    """The constant `start`, as a function of `pos`; `end` is not used"""
def combine_scheds(pcts, scheds) -> Any:
    """One schedule after the other."""
def slide(lrs, losses, num_it: int | None=None, lr_diff: int=15, thresh: float=0.005, adjust_value: float=1.0) -> tuple:
    """Slide two slopes, `lr_diff` apart, from the right until they differ by no more than `thresh`."""

# Made by docs/stubs.py from the module of the same name.
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
__all__ = []
@contextmanager
def as_before(names: dict) -> Iterator[Any]:
    """Restore after the block random generators, PyTorch's switches, names and their tensors. What the block prints is lost."""
class TimeIsUp(BaseException):
    """The block has taken too long"""
def run_alone() -> Any:
    """From now on this process belongs to one hand-in, and may be ended with it"""
def overdue() -> Any:
    """Has this process had more CPU time than `cpu_limit` allows? Checked on systems without alarms."""
@contextmanager
def cpu_limit(seconds: float) -> Iterator[Any]:
    """In a hand-in's own process: end it if the block takes more than `seconds` of CPU time, even in code that is not Python's"""
def time_limit(seconds: float) -> Any:
    """Raise `TimeIsUp` in the block if it takes longer"""

# Made by docs/stubs.py from the module of the same name.
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
__all__ = []
@contextmanager
def as_before(names: dict) -> Iterator[Any]:
    """After the block all is as it was: random generators, switches of PyTorch, names and their tensors. What it prints is lost."""
class TimeIsUp(BaseException):
    """The block has taken too long"""
def run_alone() -> Any:
    """From now on this process belongs to one hand-in, and may be ended with it"""
def overdue() -> Any:
    """Has this process had more of the processor's time than `cpu_limit` allows? Asked where there are no alarms."""
@contextmanager
def cpu_limit(seconds: float) -> Iterator[Any]:
    """In a process of its own: end it if the block takes more than `seconds` of the processor's time, even in code that is not Python's"""
def time_limit(seconds: float) -> Any:
    """Raise `TimeIsUp` in the block if it takes longer"""

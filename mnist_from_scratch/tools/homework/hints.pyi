# Made by docs/stubs.py from the module of the same name.
from typing import Any
__all__ = []
def read_hints(path) -> dict:
    """All hints in a file. Raises `MnistError` if it does not have the form that its first lines describe."""
all_hints: Any
common: Any
general: Any
def hints_for(mistake: str, task: str='') -> tuple:
    """The hints for a mistake in a task. Raises `MnistError` if there are none."""
def hints_together(mistakes: tuple, task: str) -> tuple:
    """Hints for several mistakes at once, made of the hints for each. Raises `MnistError` if one of them has none."""
exceptions: Any
def known_exception(error: str) -> str | None:
    """The name of an exception in the hints, if it is known"""
def is_module(text: str) -> bool:
    """Is it one of PyTorch's layers or losses, as in 'a ReLU'?"""

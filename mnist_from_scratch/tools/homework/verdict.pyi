# Made by docs/stubs.py from the module of the same name.
from dataclasses import dataclass
from typing import Any
__all__ = ['Verdict']
def shorten(s, n: int=600) -> str:
    """`s` in one line that can be printed anywhere, and not too long"""
def width(s: str) -> int:
    """How many columns `s` takes in a terminal"""
def wrap(s: str, n: int, begin: str, then: str) -> list:
    """`s` in lines of up to `n` columns"""
@dataclass
class Verdict:
    """What `check` found. It is true if all is right."""
    task: str
    status: str
    mistake: str
    given: str
    came: str
    should: str
    hint: str
    answer: str
    hints: tuple

    def __post_init__(self) -> Any:
        ...

    def __bool__(self) -> bool:
        ...

    @property
    def title(self) -> Any:
        """The verdict in a few words"""

    @property
    def rows(self) -> Any:
        """What is shown below the title, by pairs"""

    def __repr__(self) -> str:
        ...

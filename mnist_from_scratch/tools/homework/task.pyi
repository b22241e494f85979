# Made by docs/stubs.py from the module of the same name.
from dataclasses import dataclass
from typing import Any
from typing import Self
__all__ = ['Task']
class Probe:
    """An input for a function. `run(fn, o)` calls `fn` and notes in the dictionary `o` what it did."""
    says: Any
    run: Any
    maybe: Any

    def __init__(self, says, run, maybe=None) -> None:
        ...
def given(*args, grad: bool=False, maybe=None) -> Probe:
    """A probe that calls a function with `args`"""
def observe(fn, probe: Probe) -> dict:
    """What `fn` does with `probe`"""
tasks: Any
def error_line(e: BaseException, fn=None) -> tuple:
    """The exception `e` of `fn` in one line, and the last line of the reader's own code that it came through"""
@dataclass
class Mistake:
    """A mistake: a wrong answer `fn` that makes it, or a pattern `error` for the exception that comes of it, and two hints"""
    name: str
    fn: object
    error: str
    hints: tuple
    notes: list
class Task:
    """One piece of homework: a function or class to write, how it is looked at, and the mistakes that are known."""
    name: str
    right: Any
    chapter: str
    says: str
    probes: list
    mistakes: Any

    def __init__(self, name: str, right, chapter: str, says: str, probes: list) -> None:
        ...

    def __repr__(self) -> str:
        ...

    def wrong(self, name, fn=None, error: str | None=None, hints: str | None=None) -> Self:
        """Enter a mistake. Raises `MnistError` if it has no hints."""

    def mixed(self, make, *choices) -> Self:
        """Enter all answers that make two or more of these mistakes at once."""

    @property
    def params(self) -> Any:
        """The parameters that are part of the task: the book's function may have more"""

    @property
    def call(self) -> Any:
        """How it is called"""

    @property
    def answer(self) -> Any:
        """The right answer's source; `check_shapes`, which a reader does not have, is replaced by a comparison, or left out"""

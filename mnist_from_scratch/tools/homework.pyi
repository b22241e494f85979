# Made by docs/stubs.py from the module of the same name.
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Self
__all__ = ['tasks', 'Task', 'Verdict', 'check', 'progress', 'check_file', 'hand_ins', 'check_folder', 'class_table']
tasks: Any
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

    def wrong(self, name: str, fn=None, *hints, error: str | None=None) -> Self:
        """Enter a mistake"""

    @property
    def params(self) -> Any:
        """The parameters that are part of the task: the book's function may have more"""

    @property
    def call(self) -> Any:
        """How it is called"""

    @property
    def answer(self) -> Any:
        """The right answer's source; `check_shapes`, which a reader does not have, is replaced by a comparison, or left out"""
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
        ...

    def __repr__(self) -> str:
        ...
def check(fn, yours=None, answer: bool=False, seconds: float=20.0) -> Verdict:
    """Is your function right? If not: the smallest input that shows it, what came, what should have come, and a hint, which is clearer the
    second time."""
def progress() -> Any:
    """A picture of which tasks have been checked in this session, and with which result"""
def check_file(path: str | Path, only=None, seconds: float=10.0, memory: float=2.0, level: int=1, beside: bool=True) -> tuple:
    """Check all that a file defines, in a process of its own. Raises `MnistError` if there is no such file, or it is of another kind."""
def hand_ins(path: str | Path) -> list:
    """The Python files and notebooks in a folder, but for those whose name begins with a dot."""
def check_folder(path: str | Path, only=None, seconds: float=10.0, memory: float=2.0, workers: int | None=None, each=None) -> dict:
    """Check all hand-ins in a folder. Raises `MnistError` if there are none."""
def class_table(rows: dict) -> str:
    """How a class has done: a line for each hand-in, and the mistakes that several have made."""

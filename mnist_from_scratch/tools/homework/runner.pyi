# Made by docs/stubs.py from the module of the same name.
from pathlib import Path
__all__ = ['check_file', 'hand_ins', 'check_folder', 'class_table']
def load(path: Path, cells: list | None=None, begin=..., done=...) -> tuple:
    """Run the hand-in `path`, statement by statement"""
def spoiled(name: str, seconds: float) -> bool:
    """Has earlier code broken so much that even the right answer raises an exception?"""
def check_file(path: str | Path, only=None, seconds: float=10.0, memory: float=2.0, level: int=1, beside: bool=True) -> tuple:
    """Check all that a file defines, in its own process. Raises `MnistError` if there is no such file, or if it is of another kind."""
def as_row(verdicts: list, wrong: str) -> dict:
    """The results of a file, in a form that can be written as JSON"""
def hand_ins(path: str | Path) -> list:
    """The Python files and notebooks in a folder, except those whose names begin with a dot."""
def check_folder(path: str | Path, only=None, seconds: float=10.0, memory: float=2.0, workers: int | None=None, each=None) -> dict:
    """Check all hand-ins in a folder. Raises `MnistError` if there are none."""
def class_table(rows: dict) -> str:
    """The results of a class: a line for each hand-in, and the mistakes that several people have made."""

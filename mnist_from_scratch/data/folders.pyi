# Made by docs/stubs.py from the module of the same name.
from pathlib import Path
from typing import Any
__all__ = ['load_folder']
def folder_entries(folder: str | Path, root: str | Path, at: int | None=None) -> Any:
    """What is in `folder` and not hidden, as `os.DirEntry`s; links may lead to files below `root` only."""
def load_folder(folder: str | Path, cache: bool=True) -> tuple:
    """Read images from folders named by their digit. Hidden files and folders with other names are skipped."""

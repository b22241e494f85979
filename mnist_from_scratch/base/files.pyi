# Made by docs/stubs.py from the module of the same name.
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
__all__ = ['is_stream', 'replacing', 'making_folder', 'file_size', 'check_link', 'cache_dir']
def is_stream(path: str | Path) -> bool:
    """Is what is written to `path` passed on instead of kept? That is true of pipes, of devices, and of /dev/stdout and the like."""
@contextmanager
def replacing(path: str | Path, sync: bool=True) -> Iterator[Any]:
    """Yield a temporary path; when the block ends without an error, what is there takes the place of `path`."""
@contextmanager
def making_folder(path: str | Path) -> Iterator[Any]:
    """Yield a temporary folder that becomes `path` when the block ends, or `None` if `path` is already there."""
def file_size(path: str | Path, what: str) -> int:
    """How large a file is. Raises `MnistError` for a folder, a pipe or a device, and if there is nothing."""
def check_link(path: str | Path, root: str | Path) -> Any:
    """Raise `MnistError` if `path` is a link, unless it is one to a file below `root`."""
@contextmanager
def unpacking(path: str | Path, what: str) -> Iterator[Any]:
    """Open a file: yield it, its size, whether it is packed, and how many bytes may be unpacked from it."""
def cache_dir() -> Path:
    """The library's own cache: below `XDG_CACHE_HOME` if that is set, or where this system keeps caches."""
def visible_bar(items) -> Any:
    """A progress bar for `items`, if it would be seen; else `None`."""
def with_progress(items) -> Any:
    """`items`, with a progress bar if there are 20,000 or more and it would be seen."""

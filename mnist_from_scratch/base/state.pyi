# Made by docs/stubs.py from the module of the same name.
from pathlib import Path
from typing import Any
__all__ = ['exportables', 'pack_state', 'unpack_state', 'read_tensors', 'write_state', 'read_state', 'exportable']
def pack_state(state, default=None) -> tuple:
    """Take `state` apart. `default` is as that of `json.dumps`; without it anything else raises `TypeError`."""
def unpack_state(text: str, tensors: list, object_hook=None, skip=...) -> Any:
    """Put together what `pack_state` took apart. Any text that is something else raises one of Python's errors, and does nothing."""
def checksum(text: str, tensors: list) -> str:
    """A sum (CRC-32) of all bytes, types and shapes: it shows whether anything was changed by accident."""
def safetensors_parts(tensors: dict, **notes: str) -> list:
    """`tensors` (a dictionary) and `notes` (texts) in safetensors' format: what to write, in order, the tensors being no copies. It is the
    same for the same contents. Raises `TypeError` for a type of numbers that cannot be read back."""
def write_parts(file: str | Path, parts: list) -> Any:
    """Write `parts` one after the other: to join them would be a copy."""
def read_tensors(file: str | Path, what: str, check) -> tuple:
    """Read `file`, of at most 10,000 tensors; of these not a byte unless `check` has let them pass, which may raise any exception."""
def write_state(file: str | Path, state: dict, default=None, sync: bool=True) -> str | Path:
    """Write `state`, whole or not at all. Raises `MnistError` where it cannot be written, `TypeError` for what has no place in a state."""
def read_state(file: str | Path, object_hook=None, skip=..., check=..., what: str='the name that it was saved under') -> dict:
    """Read `file`. Raises `MnistError` if it cannot be read, is damaged, or is someone else's."""
exportables: Any
def exportable(o) -> Any:
    """Decorator: `Learner.export` may name `o` in a file, and `load_learner` may look it up there."""

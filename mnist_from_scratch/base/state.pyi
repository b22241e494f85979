# Made by docs/stubs.py from the module of the same name.
from pathlib import Path
from typing import Any
__all__ = ['exportables', 'pack_state', 'unpack_state', 'read_tensors', 'write_state', 'read_state', 'exportable']
def pack_state(state, default=None) -> tuple:
    """Take `state` apart. `default` is like that of `json.dumps`; without it anything else raises `TypeError`."""
def unpack_state(text: str, tensors: list, object_hook=None, skip=...) -> Any:
    """Put together what `pack_state` took apart. Any other text raises one of Python's errors, and does nothing else."""
def checksum(text: str, tensors: list) -> str:
    """A sum (CRC-32) of all bytes, types and shapes: it shows whether anything was changed by accident."""
def safetensors_parts(tensors: dict, **notes: str) -> list:
    """`tensors` (a dictionary) and `notes` (strings) in safetensors' format: what to write, in order, without copies of the tensors. It is
    the same for the same contents. Raises `TypeError` for a type of numbers that cannot be read back."""
def write_parts(file: str | Path, parts: list) -> Any:
    """Write `parts` one after the other, since joining them would make a copy."""
def read_tensors(file: str | Path, what: str, check) -> tuple:
    """Read `file`, of at most 10,000 tensors. Not a byte of these is read unless `check` accepts them; it may raise any exception."""
def write_state(file: str | Path, state: dict, default=None, sync: bool=True) -> str | Path:
    """Write `state`, whole or not at all. Raises `MnistError` if it cannot be written, `TypeError` for values that a state cannot hold."""
def read_state(file: str | Path, object_hook=None, skip=..., check=..., what: str='the name that it was saved under') -> dict:
    """Read `file`. Raises `MnistError` if it cannot be read, is damaged, or was not written by `write_state`."""
exportables: Any
def exportable(o) -> Any:
    """Decorator: `Learner.export` may name `o` in a file, and `load_learner` may look it up there."""

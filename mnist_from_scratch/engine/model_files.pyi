# Made by docs/stubs.py from the module of the same name.
from torch import nn
from typing import Any
__all__ = ['check_state']
def check_state(file, state: dict, model: nn.Module, strict: bool=True, own: bool=False) -> Any:
    """Raises `MnistError` unless `state` has what `model` has: names, shapes and types."""

# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from typing import Any
__all__ = ['SkipItemException']
class SkipItemException(Exception):
    """Raised by `create_item` or `after_item`: leave this item out, as in fastai"""
class Pass:
    """One pass of a `DataLoader`: the indexes in their `order`, how many of them each batch has (`sizes`) if that differs, how many batches
    are `done`, and the `seed` of the workers"""
    order: Tensor | None
    sizes: Tensor | None
    done: int
    seed: list | None
    live: bool

    def __init__(self, order: Tensor | None=None, sizes: Tensor | None=None, done: int=0, seed: list | None=None) -> None:
        ...
def batch_seed(seed: list, i: int) -> int:
    """A seed for one batch, the same whichever worker makes it."""
def class_name(y, vocab) -> Any:
    """The name of the class `y`, or else its number; other targets as they are."""
def label_text(y, vocab) -> str:
    """A target in few words."""

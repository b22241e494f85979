# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Callback
from typing import Any
__all__ = ['Checkpoint']
class Checkpoint(Callback):
    """Saves the complete state of a fit to `path/model_dir/fname-….safetensors`, so that the same fit with `resume=True` continues from
    there to the very same weights."""
    last: Any
    old: Any
    no: Any
    todo: Any
    place: Any
    folder: Any
    stem: Any
    about: Any
    every: int | None
    fname: Any
    keep: int
    order: int
    fit_only: bool
    resumes: bool

    def __init__(self, every: int | None=None, fname: str='checkpoint', keep: int=2) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def before_train(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def after_epoch(self) -> Any:
        ...

    def after_fit(self) -> Any:
        ...

    def cleanup(self) -> Any:
        ...

# Made by docs/stubs.py from the module of the same name.
from collections.abc import Iterator
from mnist_from_scratch.learner import Callback
from typing import Any
__all__ = ['rank_distrib', 'num_distrib', 'DistributedDL', 'DistributedTrainer']
def rank_distrib() -> int:
    """The rank of this process among those that a launcher has started together; 0 without one. As fastai's. Raises `MnistError` if it is
    not a whole number"""
def num_distrib() -> int:
    """How many processes a launcher has started together; 0 without one. As fastai's. Raises `MnistError` if it is not a whole number"""
class DistributedDL:
    """The part of each batch of `dl` that one process takes. As fastai's, but it divides each batch, and adds no items to make it even."""
    n_items: Any
    dl: Any
    rank: Any
    world_size: Any
    seed: Any

    def __init__(self, dl, rank: int | None=None, world_size: int | None=None, seed=...) -> None:
        ...

    def __len__(self) -> int:
        ...

    def __getattr__(self, k) -> Any:
        ...

    @property
    def sizes(self) -> list:
        """How many items of the batch at hand each process has"""

    def mine(self, n) -> Any:
        """Which of `n` items of a batch this process takes"""

    def begin(self, i, n) -> Any:
        """Now comes batch `i`, of `n` items: from here to `_together` draw random numbers for this process"""

    def __iter__(self) -> Iterator[Any]:
        ...
class DistributedTrainer(Callback):
    """Trains and validates together with the other processes, each with its part of every batch. Name and arguments are fastai's, but for
    `timeout`."""
    n_fits: Any
    sync_bn: bool
    accelerator: Any
    rank: Any
    world_size: Any
    order: Any

    def __init__(self, sync_bn: bool=True, timeout: float=600, **kwargs) -> None:
        ...

    def from_first(self, f) -> Any:
        """Call `f` in the first process, once all have come this far, and return its result in all of them"""

    def any(self, b: bool) -> bool:
        """Is `b` true in any process?"""

    def gather(self, b) -> Any:
        """For each tensor of `b`, the rows of all processes, in their order"""

    @property
    def n_mine(self) -> Any:
        """How many items of this batch belong to this process; 0 if it has a stand-in"""

    def before_fit(self) -> Any:
        ...

    def before_train(self) -> Any:
        ...

    def before_validate(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_pred(self) -> Any:
        ...

    def after_loss(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def after_epoch(self) -> Any:
        ...

    def cleanup(self) -> Any:
        ...

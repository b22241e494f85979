# Made by docs/stubs.py from the module of the same name.
from collections.abc import Iterator
from mnist_from_scratch.data.sets import Digits
from pathlib import Path
from torch.utils.data import TensorDataset
from typing import Any
from typing import Self
import torch
__all__ = ['collate', 'DigitRows', 'to_dset', 'DataLoader', 'DataLoaders']
def collate(items: list) -> Any:
    """Turn a list of items into an item of stacks, as fastai and PyTorch do (Python's floats become 64-bit ones)."""
class DigitRows(TensorDataset):
    """Rows of 784 pixels, float32 [N,784] in [0,1], and their targets, int64 [N] or [N,1]. `vocab` has the names of the classes."""
    vocab: Any
    to_target: Any

    def __init__(self, x, y=None, vocab=None, to_target=None) -> None:
        ...

    def __getitem__(self, i) -> Any:
        ...

    def new_empty(self) -> Any:
        """The same without rows: it keeps `vocab`, and how items are made"""

    def test_ds(self, items, with_labels: bool=False) -> DigitRows:
        """Images as rows like those of this set. Raises `ValueError` for other shapes, or pixels out of range."""
def to_dset(ds: Digits, positive: int | None=None, classes=None, as_bytes: bool | None=None) -> DigitRows:
    """Images as rows of 784 pixels; targets as class numbers, [N], or as a column of 1 and 0, [N,1], if `positive` is given."""
class DataLoader:
    """Batches from a dataset, as an iterable with a length. Raises `TypeError` or `ValueError` for arguments that do not fit together."""
    device: Any
    dataset: Any
    bs: Any
    num_workers: int
    shuffle: bool
    drop_last: bool
    sampler: Any
    batch_sampler: Any
    collate_fn: Any
    generator: torch.Generator | None
    kwargs: Any
    shared_by: Any
    indexed: Any

    def __init__(
            self, dataset=None, bs: int | None=None, num_workers: int=0, *, batch_size: int | None=None, shuffle: bool=False,
            drop_last: bool=False, n: int | None=None, device=None, sampler=None, batch_sampler=None, collate_fn=...,
            generator: torch.Generator | None=None, **kwargs
    ) -> None:
        ...

    def to(self, device) -> Self:
        """Put the batches on `device` from now on"""

    @property
    def n(self) -> Any:
        """How many items a pass has; None if unknown"""

    def __len__(self) -> int:
        ...

    def new(self, dataset=None, cls=None, **kwargs) -> Any:
        """A copy with some arguments changed, for instance `new(shuffle=False)`."""

    def one_batch(self) -> Any:
        """The first batch of a new pass, fetched without workers. A pass that is under way is not disturbed. Raises `ValueError` if there
        is no batch."""

    def before_iter(self) -> Any:
        """Called when a pass begins"""

    def after_iter(self) -> Any:
        """Called when a pass is over"""

    def wif(self) -> Any:
        """Called in each worker when it starts"""

    def get_idxs(self) -> list:
        """The indexes of a new pass, in their order"""

    def shuffle_fn(self, idxs: list) -> list:
        """`idxs` in a random order"""

    def create_item(self, i) -> Any:
        """The item with index `i`; the next one of a stream, where `i` is `None`"""

    def after_item(self, item) -> Any:
        """`item`, changed"""

    def do_item(self, i) -> Any:
        """An item after `create_item` and `after_item`; `None` to leave it out"""

    def before_batch(self, items: list) -> Any:
        """`items`, those of a batch, changed"""

    def create_batch(self, items: list) -> Any:
        """A batch of a list of items; a single item as it is"""

    def retain(self, b, items) -> Any:
        """`b`, a batch, with `items` at hand that it was made of"""

    def do_batch(self, items: list) -> Any:
        """A batch after `before_batch`, `create_batch` and `retain`"""

    def after_batch(self, b) -> Any:
        """`b`, a batch that is where it should be, changed"""

    def __iter__(self) -> Iterator[Any]:
        """One pass; if `load_state_dict` has brought one that was begun, the rest of it"""

    def __getstate__(self) -> Any:
        ...

    def state_dict(self) -> dict:
        """Where the pass that is under way stands; between two passes `order` is None and `done` is 0."""

    def load_state_dict(self, sd: dict) -> Any:
        """The next pass is the rest of the one in `sd`; later passes are complete. A stream is read from its start, up to there."""

    def show_batch(
            self, max_n: int=9, nrows: int | None=None, ncols: int | None=None, figsize=None, unique: bool=False, b=None, **kwargs
    ) -> Any:
        """Draw the images of a batch, with their labels. Raises `ValueError` if the inputs are not images."""
class DataLoaders:
    """The loaders of one problem: `train`, `valid`, and more by index."""
    loaders: Any
    path: Any

    def __len__(self) -> int:
        ...

    def __init__(self, *loaders, path: str | Path='.', device=None) -> None:
        ...

    def __getitem__(self, i) -> Any:
        ...

    def to(self, device) -> Self:
        """Put batches on `device` from now on (PyTorch's loaders cannot; a `Learner` does it for them)"""

    @property
    def device(self) -> Any:
        """Where the batches are put; None where the loaders leave them alone"""

    def cuda(self) -> Any:
        """Put batches on `default_device()`"""

    def cpu(self) -> Any:
        """Leave batches in the CPU's memory"""

    @property
    def n_inp(self) -> Any:
        """How many parts of a batch are inputs, if the training set has this number"""

    @classmethod
    def from_dsets(cls, *ds, path: str | Path='.', bs: int=64, device=None, **kwargs) -> Any:
        """Loaders for `ds`: the first one shuffled, without a short last batch; the others in order and complete. Raises `TypeError` for
        `Digits`, unless a step is given that makes something else of them."""

    def show_batch(
            self, max_n: int=9, nrows: int | None=None, ncols: int | None=None, figsize=None, unique: bool=False, b=None, **kwargs
    ) -> Any:
        """Draw the images of a batch of the training set, with their labels. Raises `ValueError` if the inputs are not images."""

    def test_dl(self, test_items, with_labels: bool=False, bs: int | None=None, **kwargs) -> Any:
        """A loader for new items, made as the validation set's. Without labels its batches are `(x,)`."""

    @property
    def train(self) -> Any:
        """Loader of the training set"""

    @property
    def valid(self) -> Any:
        """Loader of the validation set"""

    @property
    def train_ds(self) -> Any:
        """The training set"""

    @property
    def valid_ds(self) -> Any:
        """The validation set"""

    def one_batch(self) -> Any:
        """The first batch of the training set. Raises `ValueError` if there is none."""

    @property
    def vocab(self) -> Any:
        """Names of the classes, if the training set knows them"""

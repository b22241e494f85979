# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.minibatches import DataLoaders
from pathlib import Path
from typing import Any
__all__ = ['Resize', 'ImageDataset', 'ImageDataLoaders']
class Resize:
    """Brings a PIL image to `size`: a number for a square, or height and width. Names as fastai's; 'crop' keeps the middle."""
    size: Any
    method: str

    def __init__(self, size, method: str='crop') -> None:
        ...

    def check_attrs(self) -> Any:
        """Raises `ValueError` for an invalid size or method, or more than 2**24 pixels; `load_learner` calls it"""

    def __call__(self, im) -> Any:
        ...
class ImageDataset:
    """Images and the numbers of their classes: `ds[i]` is an image, uint8 `[3,H,W]`, and its number (without labels, the image alone, as a
    tuple of one)."""
    shape: Any
    free: Any
    items: Any
    labels: list | None
    vocab: list | None
    item_tfms: Any
    batch_tfms: Any
    kept: Any
    n_inp: int
    loss_func: Any

    def __init__(self, items, labels: list | None=None, vocab: list | None=None, item_tfms=None, batch_tfms=None) -> None:
        ...

    def __len__(self) -> int:
        ...

    def collate(self, items) -> Any:
        """`items` as a batch: float32 `[N,3,H,W]` from 0 to 1, after that `batch_tfms`, and int64 `[N]` if there are labels"""

    def __getitem__(self, i) -> Any:
        """An image, uint8 `[3,H,W]`, and its number, as a tuple"""

    def test_ds(self, items, with_labels: bool=False) -> Any:
        """A set of other images, with the same classes and transforms."""

    def new_empty(self) -> Any:
        """The same without images"""
class ImageDataLoaders(DataLoaders):
    """`DataLoaders` of images, made from folders. Names as fastai's."""

    @property
    def c(self) -> Any:
        """How many classes there are"""

    @classmethod
    def from_folder(
            cls, path: str | Path, train: str='train', valid: str='valid', valid_pct: float | None=None, seed: int | None=None,
            vocab: list | None=None, item_tfms=None, batch_tfms=None, *, bs: int=64, val_bs: int | None=None, shuffle: bool=True,
            device=None, **kwargs
    ) -> Any:
        """Images and their classes from folders. Links are followed to files in `path` only."""

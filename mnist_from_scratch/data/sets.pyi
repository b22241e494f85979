# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from typing import Any
__all__ = ['dark_on_white', 'Digits']
def dark_on_white(x: Tensor, top: int=255) -> str:
    """Are the images, or some, the wrong way round? Some 1,000 are looked at."""
class Digits:
    """A set of handwritten digits in two tensors, `x` the images and `y` the labels (`None` where they are not known)."""
    x: Tensor
    y: Tensor | None
    source: str

    def __init__(self, x: Tensor, y: Tensor | None=None, source: str='') -> None:
        ...

    def __len__(self) -> int:
        ...

    def __getitem__(self, i) -> Any:
        ...

    @property
    def classes(self) -> tuple:
        """The digits that occur, sorted; empty where there are no labels."""

    def __repr__(self) -> str:
        ...

    def only(self, *digits: int) -> Digits:
        """Only these digits, in the order of the whole. Raises `MnistError` for a digit that is not here, or for none."""

    def floats(self) -> Tensor:
        """The images as float32 `[N,28,28]`, from 0 (paper) to 1 (ink)."""

    def targets(self, classes: tuple | None=None) -> Tensor:
        """Each label's position in `classes`. Raises `MnistError` for a label that is not among them, or if there are no labels."""

    def split(self, valid_pct: float=0.2, seed: int=42) -> tuple:
        """Hold out a random `valid_pct` of each digit for validation. Both parts keep the order of the whole. Raises `MnistError` without
        labels, and where no digit has two images."""

    @property
    def is_mnist(self) -> bool:
        """Is this the whole training or test set of MNIST, every byte in its place?"""
def light_on_dark(x: Tensor, file, source: str, mapped: bool=False) -> tuple:
    """`x`, the images of `file`, light ink on dark, and `source`; where they are dark on white, all are turned, and `source` says so.
    Raises `MnistError` where some are the one and some the other."""
def check_ink(who: str, x: Tensor, top: int) -> Any:
    """Raises `ValueError` where some of the images are dark on white. Some 1,000 are looked at."""
def digit_rows(ds: Digits, as_bytes: bool | None=None) -> Tensor:
    """The images of `ds` as rows, uint8 or float32."""
def floats_of(b: tuple) -> tuple:
    """An item or a batch with pixels from 0 to 1, where they were bytes"""
def idx_header(t: Tensor) -> bytes:
    """The first bytes of the IDX file that would hold `t`, as [IDX files](03_idx.ipynb) explains them."""
def idx_checksum(t: Tensor) -> str:
    """The checksum of the IDX file that would hold `t`."""

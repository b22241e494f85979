# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from typing import Any
__all__ = ['dark_on_white', 'Digits']
def dark_on_white(x: Tensor, top: int=255) -> str:
    """Are the images, or some of them, dark on white? About 1,000 are checked."""
class Digits:
    """A set of handwritten digits in two tensors, `x` the images and `y` the labels (`None` if they are not known)."""
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
        """The digits that occur, sorted; empty without labels."""

    def __repr__(self) -> str:
        ...

    def only(self, *digits: int) -> Digits:
        """Only these digits, in their order. Raises `MnistError` for a digit that is not here, or if you name none."""

    def floats(self) -> Tensor:
        """The images as float32 `[N,28,28]`, from 0 (paper) to 1 (ink)."""

    def targets(self, classes: tuple | None=None) -> Tensor:
        """Each label's position in `classes`. Raises `MnistError` for a label that is not among them, or if there are no labels."""

    def split(self, valid_pct: float=0.2, seed: int=42) -> tuple:
        """Hold out a random `valid_pct` of each digit for validation. Both parts keep the order of the set. Raises `MnistError` without
        labels, and if no digit has two images."""

    @property
    def is_mnist(self) -> bool:
        """Is this MNIST's complete training or test set, every byte in its place?"""
def light_on_dark(x: Tensor, file, source: str, mapped: bool=False) -> tuple:
    """`x`, the images of `file`, as light ink on dark, and `source`. If they are dark on white, all are inverted, and `source` says so.
    Raises `MnistError` if there are some of each kind."""
def check_ink(who: str, x: Tensor, top: int) -> Any:
    """Raises `ValueError` if some of the images are dark on white. About 1,000 are checked."""
def digit_rows(ds: Digits, as_bytes: bool | None=None) -> Tensor:
    """The images of `ds` as rows, uint8 or float32."""
def floats_of(b: tuple) -> tuple:
    """An item or a batch with pixels from 0 to 1, if they were bytes"""
def idx_header(t: Tensor) -> bytes:
    """The first bytes of the IDX file that would hold `t`, as [IDX files](03_idx.ipynb) explains them."""
def idx_checksum(t: Tensor) -> str:
    """The checksum of the IDX file that would hold `t`."""

# Made by docs/stubs.py from the module of the same name.
from PIL import Image
from pathlib import Path
from torch import Tensor
from typing import Any
__all__ = [
        'BUNDLED', 'MIRRORS', 'MNIST_FILES', 'on_paper', 'as_mnist', 'read_image', 'dark_on_white', 'Digits', 'bundled_digits', 'read_idx',
        'load_idx', 'cache_dir', 'load_folder', 'load_csv', 'download_mnist', 'source_files', 'load_digits', 'URLs', 'untar_data'
]
def on_paper(im: Image.Image) -> Image.Image:
    """`im` as it would look on its paper: what is transparent takes the colour that the paper has elsewhere, or black or white, whichever
    is further from the ink."""
def as_mnist(im: Image.Image) -> Tensor:
    """Bring an image into MNIST's geometry: fitted into 20×20, the centre of mass in the middle of 28×28. What is there already stays as it
    is."""
def read_image(path: str | Path) -> Image.Image:
    """The image in `path`, read completely, and turned as its EXIF data say; of an animation the first picture."""
def dark_on_white(x: Tensor) -> str:
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
BUNDLED: str
def bundled_digits() -> tuple:
    """scikit-learn's 1,797 digits (Alpaydin and Kaynak), from 8×8 brought into MNIST's geometry by `as_mnist`."""
def read_idx(path: str | Path, mmap: bool=False) -> Tensor:
    """Read an IDX file of unsigned bytes (LeCun's format for MNIST). Raises `MnistError` where it is none, or not whole."""
def load_idx(folder: str | Path, mmap: bool=False) -> tuple:
    """Read MNIST, or a set in its format, from four IDX files. Raises `MnistError` where one is missing, or they do not fit together."""
def cache_dir() -> Path:
    """The library's own cache: below `XDG_CACHE_HOME` if that is set, or where this system keeps caches."""
def load_folder(folder: str | Path, cache: bool=True) -> tuple:
    """Read images from folders named by their digit. Hidden files and folders with other names are passed over."""
def load_csv(path: str | Path, labels: bool=False) -> Digits:
    """Read digits from a table in the format of Kaggle's `train.csv` and `test.csv`. Raises `MnistError` for a wrong column or value."""
MIRRORS: Any
MNIST_FILES: Any
def download_mnist(folder: str | Path | None=None, mirrors: tuple=..., files: dict=...) -> Path:
    """MNIST's four IDX files, downloaded and checked. Raises `MnistError` where no mirror has them all."""
def source_files(data: str | Path='auto') -> list:
    """The files that `load_digits(data)` may read, as far as they are there, and the folders of which it reads every file."""
def load_digits(data: str | Path='auto') -> tuple:
    """Digits from wherever they are."""
class URLs:
    """The addresses by which fastai knows the threes and sevens of MNIST, and all of it."""
    MNIST_SAMPLE: str
    MNIST: str
def untar_data(url: str, *, source: str | Path='auto') -> Path:
    """A folder of 28×28 PNGs in fastai's layout: fastai's own if it has one, else written once into our cache."""

# Made by docs/stubs.py from the module of the same name.
from PIL import Image
from pathlib import Path
from torch import Tensor
from typing import Any
import numpy as np
__all__ = ['on_paper', 'as_mnist', 'read_image']
def on_paper(im: Image.Image) -> Image.Image:
    """`im` as it would look on its paper: transparent parts take the colour that the paper has elsewhere, or black or white, whichever is
    further from the ink."""
def to_grey(im: Image.Image) -> np.ndarray:
    """Brightness of a PIL image; transparent parts take the colour of the paper. Raises `MnistError` if its scale is not clear."""
def margin(shape: tuple) -> np.ndarray:
    """Which pixels of `[H,W]` are in a margin of a twentieth."""
def crop_to_ink(d: np.ndarray) -> np.ndarray:
    """The part of `d` where the ink is at least a fifth of full."""
def in_geometry(d: np.ndarray) -> Tensor:
    """Ink in MNIST's geometry: fitted into 20×20, its centre of mass in the middle of 28×28, and the darkest pixel full."""
def as_they_are(a: np.ndarray) -> tuple:
    """The images as light ink on dark; and which of them are already in MNIST's geometry: on a paper of exactly 0 (or 255, dark ink), at
    most 20 pixels of ink high and wide, and not much less, the centre of mass in the middle. All of MNIST's own digits are."""
def as_mnist(im: Image.Image) -> Tensor:
    """Bring an image into MNIST's geometry: fitted into 20×20, the centre of mass in the middle of 28×28. An image that is already in it
    stays unchanged."""
IMAGE_FORMATS: Any
def read_image(path: str | Path) -> Image.Image:
    """The image in `path`, read completely, and rotated as its EXIF data specify; of an animation the first picture."""

# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from typing import Any
__all__ = ['array', 'tensor', 'to_np', 'show_image', 'show_images', 'pixel_table', 'show_grid', 'plot_function', 'gv']
array: Any
def tensor(x, *rest, **kwargs) -> Tensor:
    """Make a tensor of `x`, like fastai's function of the same name."""
def to_np(x) -> Any:
    """The same numbers as NumPy arrays, without PyTorch's records for gradients."""
def show_image(im, ax=None, figsize=None, title=None, ctx=None, **kwargs) -> Any:
    """Show `im` without ticks, in greys (dark is high) if it has one channel. Raises `ValueError` for other shapes."""
def show_images(ims, nrows: int=1, ncols: int | None=None, titles=None, imsize: float=1.2, suptitle: str | None=None, **kwargs) -> Any:
    """Show `ims` on a grid. Cells without an image stay empty."""
def pixel_table(im, font_size: str='6pt') -> Any:
    """The pixels of `im` as a table, each number on a grey as dark as the pixel."""
def show_grid(nums, title: str='', marked=..., one=None, ax=None) -> Any:
    """Draw numbers as a grid, for diagrams of what is done with them."""
def plot_function(
        f, tx: str | None=None, ty: str | None=None, title: str | None=None, min: float=-2, max: float=2, figsize=..., ax=None
) -> Any:
    """Plot `f` at 200 evenly spaced points from `min` to `max`."""
def gv(s: str, figsize=None, ax=None) -> Any:
    """Draw the graph that `s` describes, from left to right. Raises `ValueError` for any other statement."""

# Made by docs/stubs.py from the module of the same name.
from pathlib import Path
__all__ = ['BUNDLED', 'bundled_digits', 'source_files', 'load_digits', 'URLs', 'untar_data']
BUNDLED: str
def bundled_digits() -> tuple:
    """scikit-learn's 1,797 digits (Alpaydin and Kaynak), from 8×8 brought into MNIST's geometry by `as_mnist`."""
def source_files(data: str | Path='auto') -> list:
    """The existing files that `load_digits(data)` may read, and the folders of which it reads every file."""
def load_digits(data: str | Path='auto') -> tuple:
    """Find digits and load them."""
class URLs:
    """The addresses under which fastai knows the threes and sevens of MNIST, and all of MNIST."""
    MNIST_SAMPLE: str
    MNIST: str
def untar_data(url: str, *, source: str | Path='auto') -> Path:
    """A folder of 28×28 PNGs in fastai's layout: fastai's own if it has one, else written once into our cache."""

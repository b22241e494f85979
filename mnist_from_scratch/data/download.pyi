# Made by docs/stubs.py from the module of the same name.
from pathlib import Path
from typing import Any
__all__ = ['MIRRORS', 'MNIST_FILES', 'download_mnist']
MIRRORS: Any
MNIST_FILES: Any
def download_files(mirror: str, files: dict, folder: Path, size: int=...) -> str | None:
    """Download `files` from `mirror`, and check them."""
def download_mnist(folder: str | Path | None=None, mirrors: tuple=..., files: dict=...) -> Path:
    """MNIST's four IDX files, downloaded and checked. Raises `MnistError` if no mirror has them all."""
def published_weights(url: str, sha256: str, size: int) -> dict:
    """Published weights, by way of PyTorch's cache. Raises `MnistError` if they cannot be read or downloaded."""

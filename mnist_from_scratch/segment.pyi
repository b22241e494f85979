# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.engine.image_folders import ImageDataset
from mnist_from_scratch.learner import Learner
from mnist_from_scratch.metrics import Metric
from mnist_from_scratch.minibatches import DataLoaders
from pathlib import Path
from torch import Tensor
from torch import nn
from typing import Any
__all__ = ['iou', 'JaccardCoeff', 'mean_precision', 'SegmentationDataset', 'show_masks', 'SegmentationDataLoaders', 'UNet', 'unet_learner']
def iou(pred: Tensor, targ: Tensor) -> Tensor:
    """Intersection over union of each pair of masks; 1 where both are empty. Raises `ShapeError` where the shapes differ, `ValueError` for
    values other than 0 and 1."""
class JaccardCoeff(Metric):
    """Intersection over union of all pixels of a set together, for activations above 0 and masks of 1 and 0. The name is fastai's, whose
    activations have a channel for each class."""
    both: Any
    either: Any

    def reset(self) -> Any:
        ...

    def accumulate(self, learn) -> Any:
        ...

    @property
    def value(self) -> Any:
        ...
def mean_precision(inp: Tensor, targ: Tensor) -> Tensor:
    """The mean, over images and the thresholds 0.5, 0.55, …, 0.95, of whether an image's `iou` is above the threshold: the measure of
    Kaggle's TGS salt contest."""
class SegmentationDataset(ImageDataset):
    """Images and their masks: `ds[i]` is an image, uint8 `[3,H,W]`, and its mask, uint8 `[1,H,W]` of 1 and 0 (without `label_func` the
    image alone, as a tuple of one). Raises `MnistError` where they do not fit."""
    label_func: Any
    masks: Any
    loss_func: Any

    def __init__(self, items, label_func=None, batch_tfms=None) -> None:
        ...

    def __getitem__(self, i) -> Any:
        ...

    def test_ds(self, items, with_labels=False) -> Any:
        """A set of other images."""
def show_masks(x: Tensor, targ: Tensor, pred: Tensor | None=None, **kwargs) -> Any:
    """Draw masks over images: blue what was found, yellow what was missed, red what was found by mistake."""
class SegmentationDataLoaders(DataLoaders):
    """`DataLoaders` of images and masks. Names as fastai's."""

    @classmethod
    def from_label_func(
            cls, path: str | Path, fnames: list, label_func, valid_pct: float=0.2, seed: int | None=None, batch_tfms=None, *, bs: int=64,
            device=None, **kwargs
    ) -> Any:
        """Images, and for each the mask that `label_func` finds. Raises `MnistError` where there are too few."""

    def show_batch(self, b=None, max_n: int=9, **kwargs) -> Any:
        """Draw the masks of a batch over its images."""
class UNet(nn.Module):
    """A small U-Net with batch normalisation (after O. Ronneberger and others, 2015): [N, n_in, H, W] -> [N, n_out, H, W], of any size."""
    down: Any
    up: Any
    last: Any
    skips: bool

    def __init__(self, n_in: int=3, n_out: int=1, nf=..., skips: bool=True) -> None:
        ...

    def join(self, skip, x) -> Any:
        """`x`, enlarged; with skip connections, concatenated with `skip`"""

    def forward(self, x) -> Any:
        ...
def unet_learner(dls, nf=..., lr: float=0.05, model: nn.Module | None=None, **kwargs) -> Learner:
    """A `Learner` for masks: a `UNet`, Muon, and both measures. fastai's function of this name takes an encoder."""

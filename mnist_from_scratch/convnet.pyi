# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Learner
from mnist_from_scratch.minibatches import DataLoaders
from pathlib import Path
from torch import Tensor
from torch import nn
from typing import Any
__all__ = [
        'RESNET18_URL', 'cnn_learner', 'conv2d', 'conv', 'mnist_convnet', 'BasicBlock', 'make_layer', 'ResNet', 'resnet18', 'Resize',
        'ImageDataset', 'ImageDataLoaders', 'AdaptiveConcatPool2d', 'create_head', 'vision_learner'
]
def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None=None, stride: int=1, padding: int=0) -> Tensor:
    """Slide each kernel over each image: at each place, the sum of products over all channels. As `torch.nn.functional.conv2d`."""
def conv(ni: int, nf: int, ks: int=3, stride: int=2, norm: bool=True, act: bool=True) -> nn.Sequential:
    """A convolution with as much padding as keeps the size at stride 1, and what follows it. The bias is left to batch normalisation if
    there is one."""
def mnist_convnet(n_out: int=10, norm: bool=True) -> nn.Sequential:
    """Five convolutions, each of which halves the image, down to one number for each class."""
class BasicBlock(nn.Module):
    """Two 3×3 convolutions with a way around them: [N, inplanes, H, W] -> [N, planes, H/stride, W/stride]. Names as torchvision's."""
    conv1: Any
    bn1: Any
    relu: Any
    conv2: Any
    bn2: Any
    downsample: nn.Module | None

    def __init__(self, inplanes: int, planes: int, stride: int=1, downsample: nn.Module | None=None) -> None:
        ...

    def forward(self, x) -> Any:
        ...
def make_layer(block, n: int, inplanes: int, planes: int, stride: int) -> nn.Sequential:
    """`n` blocks in a row."""
class ResNet(nn.Module):
    """The nets of He et al. (2015): [N, 3, H, W] -> [N, num_classes]. Names, order and first weights as torchvision's."""
    conv1: Any
    bn1: Any
    relu: Any
    maxpool: Any
    layer1: Any
    layer2: Any
    layer3: Any
    layer4: Any
    avgpool: Any
    fc: Any

    def __init__(self, block, layers: list, num_classes: int=1000) -> None:
        ...

    def forward(self, x) -> Any:
        ...
RESNET18_URL: str
def resnet18(num_classes: int=1000, *, weights: str | None=None) -> ResNet:
    """ResNet with 18 layers, as torchvision's. Raises `MnistError` where the weights cannot be had, `ValueError` where they do not fit."""
class Resize:
    """Brings a PIL image to `size`: a number for a square, or height and width. Names as fastai's; 'crop' keeps the middle."""
    size: Any
    method: str

    def __init__(self, size, method: str='crop') -> None:
        ...

    def check_attrs(self) -> Any:
        """Raises `ValueError` for a size that is none, or that no image here has; `load_learner` asks, too"""

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

    def __getitem__(self, i) -> Any:
        ...

    def collate(self, items) -> Any:
        """Items as a batch: float32 `[N,3,H,W]` from 0 to 1, after that `batch_tfms`, and int64 `[N]` if there are labels"""

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
class AdaptiveConcatPool2d(nn.Module):
    """The maximum and the mean of each channel: [N, C, H, W] -> [N, 2*C, 1, 1]."""

    def forward(self, x) -> Any:
        ...
def create_head(nf: int, n_out: int, lin_ftrs: list | None=None, ps: float=0.5, concat_pool: bool=True) -> nn.Sequential:
    """fastai's head for a body of convolutions: pooling, then linear layers with batch normalisation and dropout."""
def vision_learner(
        dls, arch, normalize: bool=True, n_out: int | None=None, pretrained: bool=True, weights=None, loss_func=None, opt_func=...,
        lr: float=0.001, splitter=None, cbs=None, metrics=None, path: str | Path | None=None, model_dir: str | Path='models',
        wd: float | None=None, wd_bn_bias: bool=False, train_bn: bool=True, moms=..., *, custom_head: nn.Module | None=None, **kwargs
) -> Learner:
    """A `Learner` with the body of `arch` and a new head; fastai's names, order and defaults. Raises `MnistError` where weights cannot be
    had."""
cnn_learner = vision_learner

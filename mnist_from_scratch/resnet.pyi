# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Learner
from pathlib import Path
from torch import nn
from typing import Any
__all__ = [
        'RESNET18_URL', 'RESNET18_SHA', 'RESNET18_SIZE', 'cnn_learner', 'BasicBlock', 'make_layer', 'ResNet', 'resnet18',
        'AdaptiveConcatPool2d', 'create_head', 'vision_learner'
]
class BasicBlock(nn.Module):
    """Two 3×3 convolutions with a residual connection: [N, inplanes, H, W] -> [N, planes, H/stride, W/stride]. Names as torchvision's."""
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
    """The nets of He et al. (2015): [N, 3, H, W] -> [N, num_classes]. Names, order and initial weights as torchvision's."""
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
RESNET18_SHA: str
RESNET18_SIZE: int
def resnet18(num_classes: int=1000, *, weights: str | None=None) -> ResNet:
    """ResNet with 18 layers, as torchvision's. Raises `MnistError` if the download fails, `ValueError` for weights that do not fit."""
class AdaptiveConcatPool2d(nn.Module):
    """The maximum and the mean of each channel: [N, C, H, W] -> [N, 2*C, 1, 1]."""

    def forward(self, x) -> Any:
        ...
def create_head(nf: int, n_out: int, lin_ftrs: list | None=None, ps: float=0.5, concat_pool: bool=True) -> nn.Sequential:
    """fastai's head for a convolutional body: pooling, then linear layers with batch normalisation and dropout."""
def vision_learner(
        dls, arch, normalize: bool=True, n_out: int | None=None, pretrained: bool=True, weights=None, loss_func=None, opt_func=...,
        lr: float=0.001, splitter=None, cbs=None, metrics=None, path: str | Path | None=None, model_dir: str | Path='models',
        wd: float | None=None, wd_bn_bias: bool=False, train_bn: bool=True, moms=..., *, custom_head: nn.Module | None=None, **kwargs
) -> Learner:
    """A `Learner` with the body of `arch` and a new head; fastai's names, order and defaults. Raises `MnistError` if weights are
    missing."""
cnn_learner = vision_learner

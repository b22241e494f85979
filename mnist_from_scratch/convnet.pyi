# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from torch import nn
__all__ = ['conv2d', 'conv', 'mnist_convnet']
def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None=None, stride: int=1, padding: int=0) -> Tensor:
    """Slide each kernel over each image: at each position, the sum of products over all channels. As `torch.nn.functional.conv2d`. Raises
    `ValueError` for other shapes."""
def conv(ni: int, nf: int, ks: int=3, stride: int=2, norm: bool=True, act: bool=True) -> nn.Sequential:
    """A convolution, padded so that stride 1 keeps the size, with batch normalisation and ReLU after it. It has a bias only without batch
    normalisation, which adds its own."""
def mnist_convnet(n_out: int=10, norm: bool=True) -> nn.Sequential:
    """Five convolutions, each of which halves the image, down to one activation for each class."""

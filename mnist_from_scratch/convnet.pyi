# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from torch import nn
__all__ = ['conv2d', 'conv', 'mnist_convnet']
def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None=None, stride: int=1, padding: int=0) -> Tensor:
    """Slide each kernel over each image: at each place, the sum of products over all channels. As `torch.nn.functional.conv2d`."""
def conv(ni: int, nf: int, ks: int=3, stride: int=2, norm: bool=True, act: bool=True) -> nn.Sequential:
    """A convolution with as much padding as keeps the size at stride 1, and what follows it. The bias is left to batch normalisation if
    there is one."""
def mnist_convnet(n_out: int=10, norm: bool=True) -> nn.Sequential:
    """Five convolutions, each of which halves the image, down to one number for each class."""

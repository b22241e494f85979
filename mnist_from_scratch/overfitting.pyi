# Made by docs/stubs.py from the module of the same name.
from torch import nn
from typing import Any
__all__ = ['Dropout', 'RandomShift']
class Dropout(nn.Module):
    """In training, set each activation to 0 with probability `p`, and divide those that are left by `1-p`; in evaluation, change nothing.
    As `torch.nn.Dropout`, which a net that you export should have in its place. N. Srivastava and others (2014), *Dropout: a simple way to
    prevent neural networks from overfitting*."""
    p: float

    def __init__(self, p: float=0.5) -> None:
        ...

    def forward(self, x) -> Any:
        ...

    def extra_repr(self) -> Any:
        ...
class RandomShift(nn.Module):
    """In training, move each image by up to `pixels` pixels, up or down and to either side, each in its own way; in evaluation, change
    nothing. What comes in at the border is 0, like paper."""
    pixels: int

    def __init__(self, pixels: int=1) -> None:
        ...

    def check_attrs(self) -> Any:
        ...

    def forward(self, x) -> Any:
        ...

    def extra_repr(self) -> Any:
        ...

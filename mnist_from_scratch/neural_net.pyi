# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from torch import nn
__all__ = ['relu', 'kaiming_std', 'simple_net']
def relu(x: Tensor) -> Tensor:
    """`x` where it is positive, else 0."""
def kaiming_std(n_in: int) -> float:
    """$\\sqrt{2/n}$, which keeps the spread of activations from layer to layer with ReLUs (He et al., 2015)."""
def simple_net(n_in: int=..., n_hidden: int=30, n_out: int=1) -> nn.Sequential:
    """Linear, ReLU, linear: the net of chapter 4 of fast.ai's book."""

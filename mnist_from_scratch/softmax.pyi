# Made by docs/stubs.py from the module of the same name.
from torch import nn
__all__ = ['mnist_net']
def mnist_net(n_hidden: int=30, n_out: int=10) -> nn.Sequential:
    """`simple_net` for the ten digits: 784 pixels, `n_hidden` activations, one output for each class."""

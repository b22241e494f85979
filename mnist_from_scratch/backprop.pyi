# Made by docs/stubs.py from the module of the same name.
from torch import Tensor
from torch import nn
from typing import Any
__all__ = [
        'hand_layers', 'Layer', 'add_grad', 'LinearLayer', 'ReluLayer', 'SigmoidLayer', 'MnistLossLayer', 'CrossEntropyLayer', 'Layers',
        'by_hand', 'calc_grad_by_hand'
]
class Layer:
    """A step of a net, with its forward and backward pass. Kinds of layers define `fwd` and `bwd`; `bwd` adds to `grad` of the parameters,
    and returns the gradient with respect to the input."""
    out: Any
    saved: Any

    def parameters(self) -> Any:
        ...

    def bwd_params(self, g) -> Any:
        """`bwd` of `g` without the gradient with respect to the input, where that saves work"""

    def __call__(self, *args) -> Any:
        ...

    def forward(self, *args) -> Any:
        """The result of `fwd`, kept in `out` for the backward pass"""

    def backward(self, g: Tensor | None=None, to_input: bool=True) -> Tensor:
        """The backward pass over the last `forward`, once: then the layer releases what it kept. Raises `ValueError` if there was none, or
        `g` has another shape than its result."""
def add_grad(p: Tensor, g: Tensor) -> Any:
    """Add to `p.grad`, as a backward pass of autograd does."""
class LinearLayer(Layer):
    """`x@w + b`, for inputs [N, k]. Raises `ValueError` for shapes that do not fit."""
    saved: Any
    w: Any
    b: Any

    def __init__(self, w: Tensor, b: Tensor) -> None:
        ...

    def parameters(self) -> Any:
        ...

    def fwd(self, x) -> Any:
        ...

    def bwd_params(self, g) -> Any:
        """Gradients of weights and biases"""

    def bwd(self, g) -> Any:
        """The same, and the gradient with respect to the inputs"""
class ReluLayer(Layer):
    """`relu`, any shape. At 0 its derivative is taken as 0, as in PyTorch's `F.relu`."""

    def fwd(self, x) -> Any:
        ...

    def bwd(self, g) -> Any:
        ...
class SigmoidLayer(Layer):
    """`sigmoid`, any shape."""

    def fwd(self, x) -> Any:
        ...

    def bwd(self, g) -> Any:
        ...
class MnistLossLayer(Layer):
    """`mnist_loss`, with the sigmoid, of activations and targets of the same shape. Raises `ValueError` where the shapes differ."""
    saved: Any
    squeeze: Any

    def __init__(self) -> None:
        ...

    def fwd(self, predictions, targets) -> Any:
        ...

    def bwd(self, g) -> Any:
        ...
class CrossEntropyLayer(Layer):
    """`cross_entropy`, with the softmax, of activations [N, n] and class numbers [N]. Raises `ValueError` for shapes or labels that do not
    fit."""
    saved: Any

    def fwd(self, input, target) -> Any:
        ...

    def bwd(self, g) -> Any:
        ...
class Layers(Layer):
    """Layers one after the other, as `nn.Sequential` has them."""
    layers: Any

    def __init__(self, *layers) -> None:
        """One after the other: `layers`"""

    def parameters(self) -> Any:
        ...

    def fwd(self, x) -> Any:
        ...

    def bwd(self, g) -> Any:
        ...

    def bwd_params(self, g) -> Any:
        """The backward pass as far as the first layer with parameters"""
hand_layers: Any
def by_hand(net: nn.Sequential) -> Layers:
    """The layers of `net` without autograd. Raises `TypeError` for a layer that has no copy here."""
def calc_grad_by_hand(xb: Tensor, yb: Tensor, model: Layer, loss_func: Layer) -> Tensor:
    """As `calc_grad`, without autograd: add the gradient of the batch's loss to `grad` of each parameter of `model`."""

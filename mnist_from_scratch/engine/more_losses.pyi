# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.losses import BaseLoss
from mnist_from_scratch.softmax import CrossEntropyLossFlat
from torch import Tensor
from typing import Any
__all__ = [
        'L1LossFlat', 'BCELossFlat', 'LabelSmoothingCrossEntropyFlat', 'FocalLossFlat', 'LabelSmoothingCrossEntropy', 'FocalLoss',
        'DiceLoss'
]
class L1LossFlat(BaseLoss):
    """Mean absolute difference of predictions and targets with as many elements."""

    def __call__(self, inp, targ) -> Any:
        ...
class BCELossFlat(BaseLoss):
    """Binary cross-entropy of probabilities and targets with as many elements. Raises `ValueError` for values that are not
    probabilities."""
    weight: Any

    def __init__(self, weight: Tensor | None=None, *, axis: int=-1, reduction: str='mean') -> None:
        ...

    def __call__(self, inp, targ) -> Any:
        ...
class LabelSmoothingCrossEntropyFlat(CrossEntropyLossFlat):
    """Cross-entropy where a fraction `eps` of each target is spread over all classes; inputs as for `CrossEntropyLossFlat`."""
    eps: float

    def __init__(self, eps: float=0.1, weight: Tensor | None=None, *, axis: int=-1, reduction: str='mean') -> None:
        ...
class FocalLossFlat(CrossEntropyLossFlat):
    """Cross-entropy that hardly counts what the model knows already; inputs as for `CrossEntropyLossFlat`."""
    gamma: float

    def __init__(self, *, gamma: float=2.0, axis: int=-1, weight: Tensor | None=None, reduction: str='mean') -> None:
        ...
class LabelSmoothingCrossEntropy(LabelSmoothingCrossEntropyFlat):
    """`LabelSmoothingCrossEntropyFlat` with the classes along axis 1."""

    def __init__(self, eps: float=0.1, weight: Tensor | None=None, reduction: str='mean') -> None:
        ...
class FocalLoss(FocalLossFlat):
    """`FocalLossFlat` with the classes along axis 1; as in fastai, it leaves activations as they are."""
    activation: Any
    decodes: Any

    def __init__(self, gamma: float=2.0, weight: Tensor | None=None, reduction: str='mean') -> None:
        ...
class DiceLoss(BaseLoss):
    """1 − the Dice coefficient of each image and class: activations [N, n, …], with the classes along `axis`, and class numbers [N, …]."""
    smooth: float
    square_in_union: bool
    activation: Any
    decodes: Any

    def __init__(self, axis: int=1, smooth: float=1e-06, reduction: str='sum', square_in_union: bool=False) -> None:
        ...

    def __call__(self, pred, targ) -> Any:
        ...

# Made by docs/stubs.py from the module of the same name.
from fastcore.foundation import L
from mnist_from_scratch.learner import Callback
from typing import Any
import torch
__all__ = ['ActivationStats']
class ActivationStats(Callback):
    """What layers output, for each training batch: a row in `stats` with a dictionary for each layer, of `mean`, `std`, `near_zero` (a
    fraction) and perhaps `hist`. `None` for a layer that was not used. As in fastai, the first output of a layer with several."""
    hooks: Any
    stats: Any
    names: Any
    with_hist: bool
    every: int | None
    modules: Any
    order: Any
    run_valid: bool
    fit_only: bool

    def __init__(self, with_hist: bool=False, *, every: int | None=None, modules=None) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def cleanup(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def layer_stats(self, idx: int) -> L:
        """Mean, standard deviation and fraction near zero of layer `idx`, batch by batch"""

    def hist(self, idx: int) -> torch.Tensor:
        """Histograms of layer `idx`, as log(1+count), one per column"""

    def color_dim(self, idx: int | None=None, figsize=None, ax=None) -> Any:
        """Histograms of layers over time as a picture (Giomo's 'colorful dimension'): one column per batch, the brighter the more."""

    def plot_layer_stats(self, idx: int) -> Any:
        """Plot `layer_stats`"""

# Made by docs/stubs.py from the module of the same name.
from enum import Enum
from fastcore.foundation import L
from mnist_from_scratch.learner import Callback
from pathlib import Path
from typing import Any
import torch
__all__ = [
        'sched_lin', 'sched_cos', 'sched_exp', 'sched_no', 'SchedLin', 'SchedCos', 'SchedExp', 'SchedNo', 'combine_scheds', 'combined_cos',
        'ParamScheduler', 'LRFinder', 'valley', 'slide', 'TrackerCallback', 'EarlyStoppingCallback', 'SaveModelCallback',
        'TerminateOnNaNCallback', 'Checkpoint', 'GradientClip', 'GradientAccumulation', 'CSVLogger', 'AMPMode', 'MixedPrecision',
        'ActivationStats', 'TensorBoardCallback', 'WandbCallback', 'ShowGraphCallback'
]
def sched_lin(start, end, pos) -> Any:
    """Along a line"""
def sched_cos(start, end, pos) -> Any:
    """Along half a cosine wave"""
def sched_exp(start, end, pos) -> Any:
    """By an even factor"""
def sched_no(start, end, pos) -> Any:
    """Stay at `start`"""
def SchedLin(start, end) -> Any:
    """A linear schedule from `start` to `end`, as a function of `pos`"""
def SchedCos(start, end) -> Any:
    """A cosine schedule from `start` to `end`, as a function of `pos`"""
def SchedExp(start, end) -> Any:
    """An exponential schedule from `start` to `end`, both above 0, else `ValueError`; as a function of `pos`"""
def SchedNo(start, end) -> Any:
    """The constant `start`, as a function of `pos`"""
def combine_scheds(pcts, scheds) -> Any:
    """One schedule after the other."""
def combined_cos(pct: float, start, middle, end) -> Any:
    """Cosine from `start` to `middle`, then from `middle` to `end`."""
class ParamScheduler(Callback):
    """Sets hyper-parameters before each batch, by schedules over the whole fit."""
    hps: Any
    scheds: dict
    order: int
    run_valid: bool
    state_attrs: Any

    def __init__(self, scheds: dict) -> None:
        """`scheds` has a schedule for each hyper-parameter's name"""

    def before_fit(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def after_fit(self) -> Any:
        ...
class LRFinder(ParamScheduler):
    """Trains with a rate that grows from `start_lr` to `end_lr` in `num_it` batches, and restores model and optimizer afterwards."""
    best_loss: Any
    kept: Any
    raw: Any
    n_first: Any
    num_it: Any
    stop_div: Any

    def __init__(self, start_lr=1e-07, end_lr=10, num_it=100, stop_div=True) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def before_validate(self) -> Any:
        ...

    def after_fit(self) -> Any:
        ...

    def restore(self, learn) -> Any:
        """Model and optimizer as they were before the fit"""
def valley(lrs, losses, num_it: int | None=None) -> tuple:
    """The middle of the longest falling stretch of `losses`: the longest sequence in which each is lower than the last. Raises `ValueError`
    if none is."""
def slide(lrs, losses, num_it: int | None=None, lr_diff: int=15, thresh: float=0.005, adjust_value: float=1.0) -> tuple:
    """Slide two slopes, `lr_diff` apart, from the right until they differ by no more than `thresh`."""
class TrackerCallback(Callback):
    """Keeps the best value of a column of the table: the lowest of a loss or an error, the highest of anything else."""
    seen: Any
    new_best: Any
    best: Any
    idx: Any
    monitor: str
    reset_on_fit: bool
    comp: Any
    min_delta: Any
    order: int
    fit_only: bool
    state_attrs: Any

    def __init__(self, monitor: str='valid_loss', comp=None, min_delta: float=0.0, reset_on_fit: bool=True) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def after_epoch(self) -> Any:
        ...
class EarlyStoppingCallback(TrackerCallback):
    """Stops when the watched value has not improved for `patience` epochs."""
    wait: Any
    patience: Any
    order: Any
    state_attrs: Any

    def __init__(self, monitor='valid_loss', comp=None, min_delta=0.0, patience=1, reset_on_fit=True) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def after_epoch(self) -> Any:
        ...
class SaveModelCallback(TrackerCallback):
    """Saves the model when the watched value is the best so far, and loads the best one at the end."""
    begun: Any
    last_saved_path: Any
    fname: Any
    every_epoch: Any
    at_end: Any
    with_opt: Any
    order: Any
    state_attrs: Any

    def __init__(
            self, monitor='valid_loss', comp=None, min_delta=0.0, fname='model', every_epoch=False, at_end=False, with_opt=False,
            reset_on_fit=True
    ) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def before_epoch(self) -> Any:
        ...

    def before_train(self) -> Any:
        ...

    def after_epoch(self) -> Any:
        ...

    def after_fit(self) -> Any:
        ...
class TerminateOnNaNCallback(Callback):
    """Ends the fit without an error at the first loss that is no finite number, as fastai's; takes the place of `FiniteLossCallback`."""
    order: Any

    def before_fit(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...
class Checkpoint(Callback):
    """Saves the whole state of a fit to `path/model_dir/fname-….safetensors`, so that the same fit with `resume=True` goes on from there to
    the very same weights."""
    last: Any
    old: Any
    no: Any
    todo: Any
    place: Any
    folder: Any
    stem: Any
    about: Any
    every: int | None
    fname: Any
    keep: int
    order: int
    fit_only: bool
    resumes: bool

    def __init__(self, every: int | None=None, fname: str='checkpoint', keep: int=2) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def before_train(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def after_epoch(self) -> Any:
        ...

    def after_fit(self) -> Any:
        ...

    def cleanup(self) -> Any:
        ...
class GradientClip(Callback):
    """Scales the gradient down if its norm is above `max_norm`."""
    max_norm: float
    norm_type: float
    order: int
    run_valid: bool

    def __init__(self, max_norm: float=1.0, norm_type: float=2.0) -> None:
        ...

    def before_step(self) -> Any:
        ...
class GradientAccumulation(Callback):
    """Steps only when `n_acc` items or more have been seen since the last step."""
    count: Any
    n_acc: int
    order: int
    run_valid: bool
    state_attrs: Any

    def __init__(self, n_acc: int=32) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def after_loss(self) -> Any:
        ...

    def before_step(self) -> Any:
        ...
class CSVLogger(Callback):
    """Writes the table to `learn.path/fname`, row by row, each time the whole file; what was not measured is empty."""
    before: Any
    rows: Any
    passed: Any
    fname: Any
    append: bool
    order: int
    fit_only: bool

    def __init__(self, fname: str='history.csv', append: bool=False) -> None:
        ...

    def read_log(self) -> Any:
        """The file as a DataFrame"""

    def before_fit(self) -> Any:
        ...

    def after_epoch(self) -> Any:
        ...

    def state_dict(self) -> Any:
        ...

    def load_state_dict(self, sd) -> Any:
        ...
class AMPMode(str, Enum):
    """The two kinds of 16 bits"""
    FP16 = ...
    BF16 = ...
class MixedPrecision(Callback):
    """Model and loss in mixed precision, on the device of the model; predictions and losses come out as float32. As fastai's."""
    skipped: Any
    autocast: Any
    dev: Any
    dtype: Any
    scaler: Any
    amp_mode: Any
    kwargs: Any
    order: int
    state_attrs: Any
    after_cancel_batch: Any
    after_cancel_train: Any
    after_cancel_validate: Any
    after_cancel_epoch: Any
    after_cancel_fit: Any
    cleanup: Any

    def __init__(self, amp_mode: str | AMPMode=..., **kwargs) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def before_train(self) -> Any:
        ...

    def before_batch(self) -> Any:
        ...

    def after_pred(self) -> Any:
        ...

    def after_loss(self) -> Any:
        ...

    def before_backward(self) -> Any:
        ...

    def before_step(self) -> Any:
        ...

    def after_step(self) -> Any:
        ...

    @property
    def param_groups(self) -> Any:
        """Parameters as `GradScaler` looks for them in an optimizer"""

    def step(self) -> Any:
        """Called by `GradScaler` if all gradients are finite"""

    def state_dict(self) -> Any:
        """The state of the `GradScaler`, if there is one"""

    def load_state_dict(self, sd) -> Any:
        """Go on with what `state_dict` gave, now or in the next fit"""
class ActivationStats(Callback):
    """What layers put out, for each training batch: a row in `stats` with a dictionary for each layer, of `mean`, `std`, `near_zero`
    (share) and perhaps `hist`."""
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
        """Mean, standard deviation and share near zero of layer `idx`, batch by batch"""

    def hist(self, idx: int) -> torch.Tensor:
        """Histograms of layer `idx`, as log(1+count), one per column"""

    def color_dim(self, idx: int | None=None, figsize=None, ax=None) -> Any:
        """Histograms of layers over time as a picture (Giomo's 'colorful dimension'): one column per batch, the brighter the more."""

    def plot_layer_stats(self, idx: int) -> Any:
        """Plot `layer_stats`"""
class _Tracker(Callback):
    """What callbacks for trackers share. `package` is what `_open` imports"""
    writer: Any
    n_losses: Any
    order: Any
    run_valid: bool
    fit_only: bool
    writes: bool

    def before_train(self) -> Any:
        ...

    def before_fit(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def after_epoch(self) -> Any:
        ...

    def cleanup(self) -> Any:
        ...
class TensorBoardCallback(_Tracker):
    """Writes for TensorBoard `train_loss` and hyper-parameters (`lr_0` is the rate of the first group) for each batch, and the table's
    other columns for each epoch, under fastai's names."""
    log_dir: str | Path | None
    package: str

    def __init__(self, log_dir: str | Path | None=None) -> None:
        """`log_dir` is the folder; by default a new one for each fit, below `runs`"""
class WandbCallback(_Tracker):
    """Writes to the run that `wandb.init` has begun what `TensorBoardCallback` writes, and to its `config` what is trained. Raises
    `ValueError` if there is no run."""
    package: str
class ShowGraphCallback(Callback):
    """Draws training and validation loss below the progress table of a notebook after each epoch. Does nothing where there is none."""
    fig: Any
    order: int
    run_valid: bool
    fit_only: bool
    writes: bool

    def after_epoch(self) -> Any:
        ...

    def cleanup(self) -> Any:
        ...

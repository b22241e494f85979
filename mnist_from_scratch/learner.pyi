# Made by docs/stubs.py from the module of the same name.
from collections.abc import Iterator
from contextlib import contextmanager
from fastcore.foundation import L
from mnist_from_scratch.base.core import Forwarding
from pathlib import Path
from torch import nn
from typing import Any
from typing import Self
__all__ = [
        'events', 'default_callbacks', 'CancelException', 'CancelFitException', 'CancelEpochException', 'CancelTrainException',
        'CancelValidException', 'CancelBatchException', 'CancelBackwardException', 'CancelStepException', 'Callback', 'TrainEvalCallback',
        'Learner', 'Recorder', 'ProgressCallback'
]
events: Any
batch_events: Any
class CancelException(Exception):
    """Cancels a part of the loop; not an error"""
class CancelFitException(CancelException):
    """Stop training and go to `after_fit`"""
class CancelEpochException(CancelException):
    """Skip the rest of this epoch and go to `after_epoch`"""
class CancelTrainException(CancelException):
    """Skip the rest of training in this epoch and go to `after_train`"""
class CancelValidException(CancelException):
    """Skip the rest of validation and go to `after_validate`"""
class CancelBatchException(CancelException):
    """Skip the rest of this batch and go to `after_batch`"""
class CancelBackwardException(CancelException):
    """Skip the backward pass and go to `after_backward`"""
class CancelStepException(CancelException):
    """Skip the optimizer's step and go to `after_step`"""
class Callback(Forwarding):
    """Does something at events of a `Learner`: a method `before_fit`, `after_batch`, … is called when that event comes."""
    order: int
    learn: Any
    run: bool
    run_train: bool
    run_valid: bool
    fit_only: bool
    writes: bool
    state_attrs: Any

    def __init__(self, **kwargs) -> None:
        """Such as `Callback(after_epoch=f)`; each is called with the callback"""

    @property
    def name(self) -> Any:
        """The class's name in snake case, without `Callback`"""

    def cleanup(self) -> Any:
        """Called when a fit or a validation is over, however it ended: undo here what must not stay"""

    def __repr__(self) -> str:
        ...

    def state_dict(self) -> Any:
        """What must be kept to continue later: numbers, strings, tensors, and lists and dictionaries of them"""

    def load_state_dict(self, sd) -> Any:
        """Load `sd`, which `state_dict` returned"""

    def listener(self, event) -> Any:
        """What to call at `event`: the method for it, if this callback is to run then; None if there is no such method"""

    def __call__(self, event) -> Any:
        """Call the method for `event`, if there is one and this callback is to run now"""
class TrainEvalCallback(Callback):
    """Puts the model on the data's device and in its mode; counts `train_iter` batches and `pct_train`, the fraction of the fit that is
    done"""
    order: Any
    run_valid: bool

    def before_fit(self) -> Any:
        ...

    def before_epoch(self) -> Any:
        ...

    def before_train(self) -> Any:
        ...

    def before_validate(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def state_dict(self) -> Any:
        """How many batches were done, and which part of the fit that is"""

    def load_state_dict(self, sd) -> Any:
        """Load `sd`, which `state_dict` returned"""
class Learner(Forwarding):
    """Data, model, loss, optimizer and metrics, and the loop that trains. Names and defaults are those of fastai's `Learner`."""
    epoch: Any
    n_epoch: Any
    dl: Any
    iter: Any
    opt: Any
    lr: float
    first_epoch: Any
    resume: Any
    opt_func: Any
    n_iter: Any
    xb: Any
    yb: Any
    pred: Any
    loss: Any
    loss_grad: Any
    cbs: Any
    dls: Any
    model: nn.Module
    splitter: Any
    loss_func: Any
    path: Any
    model_dir: str | Path
    train_bn: bool
    wd: float | None
    wd_bn_bias: bool
    moms: Any
    training: Any
    logger: Any
    create_mbar: Any

    def __init__(
            self, dls, model: nn.Module, loss_func=None, opt_func=..., lr: float=0.001, splitter=..., cbs=None, metrics=None,
            path: str | Path | None=None, model_dir: str | Path='models', wd: float | None=None, wd_bn_bias: bool=False,
            train_bn: bool=True, moms=..., default_cbs: bool=True
    ) -> None:
        ...

    @property
    def metrics(self) -> Any:
        """The metrics of the validation set"""

    @metrics.setter
    def metrics(self, ms) -> Any:
        ...

    @property
    def x(self) -> Any:
        """Inputs of this batch"""

    @property
    def y(self) -> Any:
        """Targets of this batch"""

    def tta(self, ds_idx: int=1, dl=None, n: int=4, f=None, beta: float=0.25) -> tuple:
        """Test-time augmentation: the predictions for each image as it is and for `n` distorted copies, averaged. As in fastai."""

    @contextmanager
    def distrib_ctx(self, sync_bn: bool=True, in_notebook: bool=False, timeout: float=600, **kwargs) -> Iterator[Any]:
        """While the block lasts, train and validate together with the other processes that a launcher has started. Without one, train alone
        as usual. As fastai's, but `bs` is the size of the batch over all processes. Raises `MnistError` if another process has ended."""

    def export(self, fname: str | Path='export.safetensors', xb=None) -> Path:
        """Write what `load_learner` needs to predict with this model. The file holds no code, and nothing pickled."""

    def to_onnx(self, fname: str | Path='export.onnx', xb=None, act=None) -> Path:
        """Write the model for ONNX Runtime and others: `input` [N, …] to `output` [N, …], which are probabilities if the loss shows how to
        make them."""

    def to_detach(self, b, cpu=True, gather=True) -> Any:
        """`b` without the graph that autograd keeps for the backward pass; fastai's metrics ask for this"""

    @contextmanager
    def loss_not_reduced(self) -> Iterator[Any]:
        """While the block lasts, the loss function gives a loss for each item. Raises `TypeError` for a function that cannot."""

    def get_preds(
            self, ds_idx: int=1, dl=None, with_input: bool=False, with_decoded: bool=False, with_loss: bool=False, act=None,
            inner: bool=False, reorder: bool=True, cbs=None, **kwargs
    ) -> tuple:
        """Predictions for one set, including a short last batch. Arguments and results are in fastai's order. Raises `TypeError` for a `dl`
        without a length."""

    def predict(self, item, rm_type_tfms=None, with_input: bool=False) -> tuple:
        """Prediction for one item. With a loss that has neither `activation` nor `decodes` those of the best-known losses are used."""

    def show_results(self, ds_idx: int=1, dl=None, max_n: int=9, shuffle: bool=True, **kwargs) -> Any:
        """Draw images with their targets above and the predictions below. Raises `ValueError` if inputs are not images, or an answer is
        more than one number."""

    def summary(self) -> str:
        """Layers with output shape, parameters, and whether these are trained; totals, optimizer, loss, callbacks. Layers that a batch does
        not reach have no shape."""

    def save(self, file: str | Path, with_opt: bool=True) -> Path:
        """Write the model's and the optimizer's state to `file.safetensors`, completely or not at all. Raises `MnistError` if it cannot."""

    def load(self, file: str | Path, device=None, with_opt: bool=True, strict: bool=True, weights_only: bool=True) -> Self:
        """Read back what `save` wrote, or the weights that `export`, `Checkpoint` or `mnist_train` wrote. Raises `MnistError` for a file
        that is missing, damaged or of another model; then nothing is changed."""

    def to_fp16(self, **kwargs) -> Any:
        """Train in mixed precision with float16"""

    def to_bf16(self) -> Any:
        """Train in mixed precision with bfloat16"""

    def to_fp32(self) -> Any:
        """Train in float32 again"""

    def add_cb(self, cb) -> Any:
        """Add a callback (or its class); it becomes an attribute, such as `learn.recorder`"""

    def remove_cb(self, cb) -> Self:
        """Remove a callback, or all of a class"""

    @contextmanager
    def added_cbs(self, cbs) -> Iterator[Any]:
        """Add callbacks while the block lasts; one that is in the Learner already stays in it"""

    @contextmanager
    def removed_cbs(self, cbs) -> Iterator[Any]:
        """Take out callbacks, or all of a class, while the block lasts"""

    @contextmanager
    def without_fit_only(self) -> Iterator[Any]:
        """Take out the callbacks that are for a real fit only, while the block lasts"""

    def __call__(self, event) -> Any:
        """Announce `event` to the callbacks, in their order"""

    def all_batches(self) -> Any:
        """Train or evaluate on all batches of `self.dl`. Raises `ValueError` if there are none."""

    def create_opt(self) -> Any:
        """Make the optimizer for the model as it is now. One that exists already is used as it is; the next time it forgets earlier
        steps"""

    def from_first(self, f) -> Any:
        """What `f()` gives; of several processes that train together, only the first one calls it, and all get the result"""

    def fit(
            self, n_epoch: int, lr=None, wd: float | None=None, cbs=None, reset_opt: bool=False, start_epoch: int=0, resume: bool=False
    ) -> Any:
        """Train for `n_epoch` epochs, with validation after each."""

    def validate(self, ds_idx: int=1, dl=None, cbs=None) -> L:
        """Loss and metrics on one set, without training. The record of the last fit stays."""

    def fit_flat_cos(
            self, n_epoch: int, lr=None, div_final: float=100000.0, pct_start: float=0.75, wd: float | None=None, cbs=None,
            reset_opt: bool=False, start_epoch: int=0, resume: bool=False
    ) -> Any:
        """Train at a flat rate, then along half a cosine wave down to next to nothing."""

    def add_cbs(self, cbs) -> Self:
        """`add_cb` for each of `cbs`"""

    def remove_cbs(self, cbs) -> Self:
        """`remove_cb` for each of `cbs`"""

    def one_batch(self, i, b) -> Any:
        """Train or evaluate on one batch. It is moved to the model's device."""

    def no_logging(self) -> Any:
        """No rows are printed in the block"""

    def no_bar(self) -> Any:
        """No progress bar and no table in the block"""

    def fit_one_cycle(
            self, n_epoch: int, lr_max=None, div: float=25.0, div_final: float=100000.0, pct_start: float=0.25, wd: float | None=None,
            moms=None, cbs=None, reset_opt: bool=False, start_epoch: int=0, resume: bool=False
    ) -> Any:
        """Train with one cycle of the learning rate (Smith & Topin, 2018), with fastai's shape and defaults."""

    def lr_find(
            self, start_lr: float=1e-07, end_lr: float=10, num_it: int=100, stop_div: bool=True, show_plot: bool=True, suggest_funcs=...
    ) -> Any:
        """Try all rates in one trial run (Smith, 2015). Afterwards all is as before, except for the `recorder`, which has the curve. Raises
        `ValueError` if the loss was not a number, or only rose."""

    def freeze_to(self, n: int) -> Any:
        """Train only the groups of parameters from `n` on, and clear the optimizer's state"""

    def freeze(self) -> Any:
        """Train the last group of parameters only"""

    def unfreeze(self) -> Any:
        """Train all groups of parameters"""

    def fine_tune(
            self, epochs: int, base_lr: float=0.002, freeze_epochs: int=1, lr_mult: float=100, pct_start: float=0.3, div: float=5.0,
            **kwargs
    ) -> Any:
        """One cycle with all groups but the last frozen, then one with all of them."""
class Recorder(Callback):
    """Keeps `values`, a row per epoch, under `metric_names`; per training batch `losses` (smoothed) and `lrs`; `iters` at each epoch's
    end"""
    log: Any
    start: Any
    values: Any
    lrs: Any
    iters: Any
    loss_avg: Any
    metric_names: Any
    n_train: Any
    smooth_loss: Any
    add_time: bool
    train_metrics: bool
    valid_metrics: bool
    beta: float
    order: int

    @property
    def losses(self) -> Any:
        """The smoothed loss after each training batch: tensors of one number"""

    def __init__(self, add_time: bool=True, train_metrics: bool=False, valid_metrics: bool=True, beta: float=0.98) -> None:
        ...

    def before_fit(self) -> Any:
        """Begin a record"""

    @property
    def columns(self) -> Any:
        """Names of what is in each row of `values`"""

    def before_epoch(self) -> Any:
        """Begin a row"""

    def before_train(self) -> Any:
        """Begin to measure"""

    def before_validate(self) -> Any:
        """Begin to measure"""

    def after_batch(self) -> Any:
        """Take in the batch, if it had a loss"""

    def after_cancel_train(self) -> Any:
        """Not measured"""

    def after_cancel_validate(self) -> Any:
        """Not measured"""

    def after_train(self) -> Any:
        """Put what was measured into the row"""

    def after_validate(self) -> Any:
        """Put what was measured into the row"""

    def after_epoch(self) -> Any:
        """Write the row down, and hand it over with the time"""

    def state_dict(self) -> Any:
        """All that is needed to continue a run"""

    def load_state_dict(self, sd) -> Any:
        """Load what `state_dict` returned"""

    def plot_sched(self, keys=None, figsize=None) -> Any:
        """Plot the values of scheduled hyper-parameters, batch by batch."""

    def to_df(self) -> Any:
        """`values` under their names, without the time."""

    def plot_loss(self, skip_start: int=5, with_valid: bool=True, log: bool=False, show_epochs: bool=False, ax=None) -> Any:
        """Plot the smoothed training loss of each batch, and the validation loss of each epoch."""

    def plot_lr_find(self, skip_end: int=5, suggestions=None, nms=None) -> Any:
        """Plot the loss against the rate, after `lr_find`"""
class ProgressCallback(Callback):
    """A bar over epochs, one over batches, and the table of results; one line per epoch if the output is neither notebook nor terminal."""
    mbar: Any
    pbar: Any
    old_logger: Any
    plain: Any
    order: int
    writes: bool
    before_train: Any
    before_validate: Any
    after_train: Any
    after_validate: Any

    def before_fit(self) -> Any:
        ...

    def before_epoch(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

    def after_fit(self) -> Any:
        ...

    def cleanup(self) -> Any:
        ...
default_callbacks: Any

# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Callback
from pathlib import Path
from typing import Any
__all__ = [
        'check_fname', 'TrackerCallback', 'EarlyStoppingCallback', 'SaveModelCallback', 'TerminateOnNaNCallback', 'CSVLogger',
        'TensorBoardCallback', 'WandbCallback', 'ShowGraphCallback'
]
def check_fname(fname: str | Path) -> Any:
    """`fname` as it is. Raises `TypeError` unless it is the name of a file."""
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
    """Ends the fit without an error at the first loss that is not a finite number, as fastai's. It replaces `FiniteLossCallback`."""
    order: Any

    def before_fit(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...
class CSVLogger(Callback):
    """Writes the table to `learn.path/fname` after each row, each time the complete file. Values that were not measured are empty."""
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

    def write(self) -> Any:
        """The table as it is now; of several processes that train together the first one's"""

    def after_epoch(self) -> Any:
        ...

    def state_dict(self) -> Any:
        ...

    def load_state_dict(self, sd) -> Any:
        ...
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
        ...
class WandbCallback(_Tracker):
    """Writes to the run that `wandb.init` has begun what `TensorBoardCallback` writes, and to its `config` what is trained. Raises
    `ValueError` if there is no run."""
    package: str
class ShowGraphCallback(Callback):
    """Draws training and validation loss below the progress table of a notebook after each epoch. Does nothing without such a table."""
    fig: Any
    order: int
    run_valid: bool
    fit_only: bool
    writes: bool

    def after_epoch(self) -> Any:
        ...

    def cleanup(self) -> Any:
        ...

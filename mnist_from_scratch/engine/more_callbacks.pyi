# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.engine.tracking import TrackerCallback
from mnist_from_scratch.learner import Callback
from typing import Any
__all__ = ['bn_types', 'ReduceLROnPlateau', 'BnFreeze', 'ModelResetter', 'ShortEpochCallback', 'CollectDataCallback']
class ReduceLROnPlateau(TrackerCallback):
    """Divides the learning rates by `factor` when the watched value has not improved for `patience` epochs."""
    wait: Any
    patience: Any
    factor: Any
    min_lr: Any
    order: Any
    state_attrs: Any

    def __init__(self, monitor='valid_loss', comp=None, min_delta=0.0, patience=1, factor=10.0, min_lr=0, reset_on_fit=True) -> None:
        ...

    def before_fit(self) -> Any:
        ...

    def after_epoch(self) -> Any:
        ...
bn_types: Any
class BnFreeze(Callback):
    """In training too, layers of batch normalisation whose parameters are frozen are in evaluation mode."""
    order: Any

    def before_train(self) -> Any:
        ...
class ModelResetter(Callback):
    """Calls the `reset` of the model before training, before validation, and after the fit."""
    before_validate: Any
    after_fit: Any

    def before_train(self) -> Any:
        ...
class ShortEpochCallback(Callback):
    """Ends each epoch after the fraction `pct` of its batches, and validation too if `short_valid`."""
    pct: Any
    short_valid: Any

    def __init__(self, pct=0.01, short_valid=True) -> None:
        ...

    def after_batch(self) -> Any:
        ...
class CollectDataCallback(Callback):
    """Keeps `(xb, yb, pred, loss)` of each batch in `data`, copied to the CPU's memory."""
    data: Any

    def before_fit(self) -> Any:
        ...

    def after_batch(self) -> Any:
        ...

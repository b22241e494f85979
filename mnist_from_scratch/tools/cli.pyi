# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.data.sets import Digits
from mnist_from_scratch.learner import Callback
from mnist_from_scratch.learner import Learner
from mnist_from_scratch.minibatches import DataLoaders
from pathlib import Path
from torch import Tensor
from torch import nn
from typing import Any
__all__ = [
        'MODELS', 'make_model', 'to_dls', 'make_learner', 'predict', 'save_model', 'load_model', 'Watch', 'ladder', 'mnist_train',
        'mnist_predict', 'mnist_bench', 'mnist_check'
]
MODELS: Any
def make_model(name: str, n: int=10, **options) -> nn.Module:
    """An untrained model. Raises `MnistError` for an unknown name or option."""
def to_dls(train: Digits, valid: Digits, bs: int=64) -> DataLoaders:
    """Loaders of flat images and of class numbers, the training set shuffled. Raises `MnistError` for an unknown class."""
def make_learner(name: str, dls: DataLoaders, n: int=10, seed: int=0, **kwargs) -> Learner:
    """A `Learner` for one of the trained rungs. Sets the seed of all generators."""
def predict(model: nn.Module, x: Tensor, bs: int=4096) -> Tensor:
    """Scores of a model for images, in batches, so that any number of them fits into memory. Raises `ValueError` for other types, shapes or
    pixels."""
def save_model(folder: str | Path, model: nn.Module, name: str, classes, options: dict=..., **info) -> Any:
    """Write what `Learner.export` would, and `info`; each file is replaced as a whole. Raises `MnistError` if it cannot be written."""
def load_model(path: str | Path) -> tuple:
    """Read a model of digits. Nothing in the file is run. Raises `MnistError` if it is missing or damaged, or if its input is not a
    digit."""
class Watch(Callback):
    """Ends the fit after the batch in which Ctrl-C was pressed; of several processes that train together, in any of them."""
    ctrlc: Any
    order: int

    def __init__(self, ctrlc) -> None:
        ...

    def after_batch(self) -> Any:
        ...
def ladder(
        train: Digits, dls: DataLoaders, epochs: int=5, lr: float=0.01, seeds=..., chosen: str | None=None, done: dict=..., ctrlc=None
) -> bool:
    """Print the accuracy of every rung, from always giving the same answer to the net, each row as soon as it is known."""
def mnist_train(
        data: str='auto', digits: Any='all', model: str='mlp', epochs: int | None=None, bs: int=64, lr: float=0.01, seed: int=0,
        seeds: int=3, out: str='mnist_run', distributed: bool=False
) -> Any:
    """Train a classifier of handwritten digits and save it; then measure every rung of the ladder, from pixel similarity to a neural net,
    on the same digits. --epochs, --bs and --lr hold for all that is trained, but the nets fast and best have a rate and batches of their
    own; the one takes a fifth of the epochs, the other four times as many. Ctrl-C stops and saves what was trained so far. Example:
    mnist_train --digits 3,7 --model linear"""
def mnist_predict(model: str, images: Any, submission: str | None=None) -> Any:
    """Read handwritten digits with a model that mnist_train has saved. Prints the file, the digit and its probability (or, for the
    baseline, distances). An image that cannot be read gives a line on stderr, the others are still read, and the exit status is 1.
    Examples: mnist_predict mnist_run photo.jpg; mnist_predict mnist_run test.csv --submission answers.csv"""
def mnist_bench(only: Any=None, repeats: int=5, long: bool=False, out: str | None=None) -> Any:
    """Measure this library beside its peers, on this machine: a loop written by hand, PyTorch, fastai, scikit-learn. They take turns, and
    what counts is how many times as long one takes as the other. The machine should have nothing else to do. Ctrl-C stops, and leaves no
    file behind. Example: mnist_bench --only 'loop, 3 v 7' gradients --out bench.json"""
def mnist_check(
        path: Any, only: Any=None, json: str | None=None, more: bool=False, answer: bool=False, list: bool=False, seconds: float=10.0,
        memory: float=2.0
) -> Any:
    """Check homework: the functions and classes of this book, written by you. Each file is run in a process of its own; it has your rights
    all the same, so check no file of somebody you would not trust. Of a folder, a line for each file is printed, with + for what is right.
    Examples: mnist_check my_file.py; mnist_check my_file.py --only softmax --more; mnist_check hand_ins --json results.json"""

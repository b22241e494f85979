# Made by docs/stubs.py from the module of the same name.
from torch import nn
from typing import Any
__all__ = [
        'benchmarks', 'bare_loop', 'loops', 'benchmark', 'machine', 'duration', 'plan_benchmarks', 'keep_memory', 'run_benchmarks',
        'save_results', 'load_results', 'plot_results', 'compare_results'
]
def bare_loop(
        model: nn.Module, loss_func, metric, train: tuple, valid: tuple, epochs: int, lr: float=0.1, bs: int=256, shuffle: bool=False,
        pick=...
) -> Any:
    """Train in plain PyTorch, the peer of a `Learner`. Returns the mean of the metric."""
def loops(train, valid, make_net, loss_func, metric, epochs: int, positive: int | None=None, shuffle: bool=False) -> dict:
    """The same training by the fastest bare loop, by our Learner with three containers, and by fastai's Learner."""
benchmarks: Any
def benchmark(name: str, bound=None, takes: float=20, long: str='') -> Any:
    """Decorator for a function that makes the candidates of a `race`, or a generator that yields some, once or several times. Our own
    candidates have names that begin with 'ours' or 'Learner'. Instead of candidates it may give a pair: functions that return sizes, and
    their unit."""
def machine() -> dict:
    """CPU, cores, threads, `load` (how many programs wanted to run, over the last minute), versions and the date."""
def duration(secs: float) -> str:
    """In seconds below a minute and a half, else in minutes."""
def plan_benchmarks(only=None, repeats: int=5, long: bool=False) -> dict:
    """What `run_benchmarks` would do. Raises `MnistError` for an unknown name."""
def keep_memory() -> Any:
    """Ask the C library, if it is glibc, to keep freed memory for the next allocation in this process instead of returning it to the
    system. With other libraries nothing happens. See mallopt(3)."""
def run_benchmarks(only=None, repeats: int=5, show=..., long: bool=False, begin=...) -> list:
    """Run benchmarks. Raises `MnistError` for an unknown name."""
def save_results(rows: list, file, where: dict | None=None) -> Any:
    """Write results. Raises `MnistError` if the file cannot be written."""
def load_results(folder) -> list:
    """All results in a folder. Raises `MnistError` for a file that is not one of `save_results`."""
def plot_results(rows: list, earlier=...) -> Any:
    """A line for each candidate: the median ratio to its peer, the range from the lowest to the highest, the bound if there is one, and
    earlier ratios as hollow circles."""
def compare_results(kept: list) -> Any:
    """The median ratio to the peer, a row for each candidate and a column for each file; `change` is the newest ratio divided by the last
    earlier one of this candidate."""

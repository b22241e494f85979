# Made by docs/stubs.py from the module of the same name.
from types import SimpleNamespace
from typing import Any
__all__ = ['chapters', 'us', 'pairs', 'namesakes', 'largest_diff', 'time_ratio', 'beside', 'inputs', 'unpaired', 'side_by_side', 'readable']
chapters: Any
us: Any
def largest_diff(a, b) -> float:
    """The largest absolute difference anywhere in two results. `nan` and `nan` count as equal."""
def time_ratio(f, g, n: int=5, budget: float=0.3) -> float:
    """Time of `f()` divided by that of `g()`, by `seconds`: the median over `n` turns."""
pairs: Any
namesakes: Any
def beside(ours: str, peer: str, tol: float=0.0) -> Any:
    """Register a pair. The decorated function takes `inputs` and returns two functions and the arguments for both."""
def inputs(kind: str='digits', n: int=256) -> SimpleNamespace:
    """Images `x` [n,28,28] and the same as `rows`, classes `y`, weights `w` and `b`, activations `acts` [n,10], `p` and `yes` [n,1] for two
    classes, the `Digits` `ds`, and `path`, a folder to write to."""
def unpaired(modules=...) -> list:
    """Public functions and classes whose names fastai or PyTorch has too, and that are neither in `pairs` nor in `namesakes`."""
def side_by_side(names=None, n: int=5) -> Any:
    """Ours and their counterparts: the largest differences on `random` inputs and on `digits`, what is `allowed`, and the `time` of ours
    divided by that of theirs."""
def readable(df) -> Any:
    """Differences with one digit, ratios of time with two; no colours, so that it can be read on light and on dark pages."""

# Made by docs/stubs.py from the module of the same name.
from typing import Any
__all__ = ['seconds', 'three_ways', 'race', 'ratios']
def seconds(f, repeat: int=3, least: float=0.005) -> float:
    """How long a call of `f` takes: the fastest of some measurements by Python's `timeit`, after one call to warm up. Waits for a GPU."""
def three_ways(loops, tensors, api, *args, tol: float=1e-05) -> Any:
    """Call all three on `args`, and print how many times as long as `tensors` each takes; the device too, if it is not the CPU."""
def race(cands: dict, repeats: int=5, warmup: int=1, budget: float=...) -> dict:
    """Let all run in turn, round after round."""
def ratios(times: dict, unit: str='seconds') -> list:
    """How many times as long each took as the first one, round by round."""

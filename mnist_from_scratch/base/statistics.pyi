# Made by docs/stubs.py from the module of the same name.
from typing import Any
__all__ = ['Proportion', 'mcnemar']
class Proportion:
    """`k` right out of `n`, with Wilson's score interval: by default the 95 % one (z = 1.96)."""
    k: Any
    n: Any
    value: Any
    lo: Any
    hi: Any

    def __init__(self, k: int, n: int, z: float=1.96) -> None:
        ...

    @classmethod
    def of(cls, right) -> Any:
        """How many of `right` are true"""

    def __float__(self) -> Any:
        ...

    def __repr__(self) -> str:
        ...
def mcnemar(a, b) -> tuple:
    """McNemar's exact test of two classifiers on the same items."""

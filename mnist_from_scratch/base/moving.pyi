# Made by docs/stubs.py from the module of the same name.
from typing import Any
__all__ = ['moving_figures', 'figure_source']
def moving_figures() -> list[str]:
    """The figures that `MovingFigure` can show."""
def figure_source(name: str) -> str:
    """The module of a figure, with `kit.js` in it."""
def plain(v, digits: int=7) -> Any:
    """`v` as JSON has it: tensors and arrays as lists, floats rounded; those of bytes as one string, two hexadecimal digits for each."""
class MovingFigure:
    """A figure that answers where JavaScript runs, and a picture elsewhere: show it as the last line of a cell."""
    name: str
    args: Any
    src: Any
    png: Any
    width: Any
    height: Any

    def __init__(self, name: str, fig, **args) -> None:
        ...

    def __repr__(self) -> str:
        ...

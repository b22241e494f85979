# Made by docs/stubs.py from the module of the same name.
from typing import Any
__all__ = []
def value(r) -> Any:
    """`r` as a tensor, if it is one, or can be made one; else a string that says what it is"""
def equal(a, b) -> bool:
    """Are two values the same, but for rounding?"""
def same_notes(a: dict, b: dict) -> bool:
    """Are two notes the same? Entries that begin with `_` only help to tell mistakes apart."""
def first_difference(mine: dict, right: dict) -> str:
    """What differs first"""
def describe(v) -> str:
    """A value, or an argument, in short"""
def difference(came, should) -> tuple:
    """Two values that differ, as strings that show where, with as many digits as that takes"""

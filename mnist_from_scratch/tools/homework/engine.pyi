# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.tools.homework.verdict import Verdict
from typing import Any
__all__ = []
def package_of(fn) -> str:
    """The package of others that `fn` comes from, as `from torch import *` brings it; '' where something was written in the hand-in"""
def is_books(task, fn) -> bool:
    """Is `fn` a thing of the book, and not homework?"""
def functions(fn) -> list:
    """`fn`, or the methods of a class or an object, without decorators"""
def kind_of(fn) -> str:
    """Is it a class, an object, or a function?"""
def handed_in(task, names: dict) -> tuple:
    """What `names` has for `task`"""
def signature(fn) -> Any:
    """The parameters of `fn`, in brackets; None if it does not tell"""
def why_not_finite(fn, probe, seconds: float) -> str:
    """What makes the `nan` or infinity in the result of `fn`: the first call in it that makes one out of finite numbers"""
def look(task, fn, seconds: float) -> Verdict:
    """The verdict on `fn`, by itself"""
def judge(task, fn, seconds: float=20.0) -> Verdict:
    """The verdict on `fn`. If it calls other homework that is not right yet, it is looked at with the book's in its place."""

# Made by docs/stubs.py from the module of the same name.
__all__ = []

# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.optimizers import Optimizer
from typing import Any
__all__ = ['pytorch_hp_map', 'OptimWrapper']
pytorch_hp_map: Any
class OptimWrapper(Optimizer):
    """An optimizer of PyTorch's, `opt`, with the interface of `Optimizer`; arguments and names are fastai's. `hypers` is a view of
    `opt.param_groups`."""
    opt: Any
    hp_map: Any
    state: Any

    def __init__(self, params=None, opt=None, hp_map: dict | None=None, convert_groups: bool=True, **kwargs) -> None:
        ...

    @property
    def param_groups(self) -> Any:
        """The groups of `opt`, as PyTorch keeps them"""

    @property
    def param_lists(self) -> Any:
        """The parameters of each group"""

    @property
    def hypers(self) -> Any:
        """A view of the hyper-parameters of each group"""

    def set_hyper(self, k, v) -> Any:
        """As that of `Optimizer`; for what is several numbers in PyTorch, such as `betas`, a tuple is one value"""

    def step(self, closure=None) -> Any:
        """Let `opt` take its step"""

    def clear_state(self) -> Any:
        ...

    def state_dict(self) -> Any:
        """That of `opt`"""

    def load_state_dict(self, sd) -> Any:
        ...

    def __repr__(self) -> str:
        ...

    def __getattr__(self, name: str) -> Any:
        ...

# Made by docs/stubs.py from the module of the same name.
from mnist_from_scratch.learner import Callback
from typing import Any
__all__ = ['has_bf16', 'CudaGraph']
def has_bf16(device='cpu') -> bool:
    """Does `device` have units for bfloat16? Among CPUs, PyTorch can only ask x86; for the others the answer is no. NVIDIA's GPUs have had
    them since 2020."""
class CudaGraph(Callback):
    """On a CUDA device: records the model's forward and backward pass for a batch, before the first epoch, and replays them for each
    training batch (`torch.cuda.make_graphed_callables`)."""
    forward: Any
    order: int
    fit_only: bool

    def before_fit(self) -> Any:
        ...

    def cleanup(self) -> Any:
        ...

"""Processes that train one model together, each on its share of every batch."""

import multiprocessing
import os
import threading

import numpy as np
import torch
from torch import distributed

from skseq.extras import import_extra


class Processes:
    """The processes of `accelerate launch`, as the training loop sees them.

    Every process holds all data, draws the same batches and computes the loss of its
    share; gradients are summed, so that all make the same update. Validation is computed
    by all, but only the numbers of the main process count: processors may differ in the
    last digit, and all must stop at the same time.

    Attributes
    ----------
    rank, number : int
        Which process this is, the main one being 0, and how many there are.
    """

    def __init__(self, rank, number):
        self.rank = rank
        self.number = number

    def share(self, rows):
        """Return this process's part of the rows of a batch."""
        return np.array_split(rows, self.number)[self.rank]

    def add(self, tensor):
        """Return the sum of a tensor over all processes; gradients pass."""
        return _Sum.apply(tensor)

    def add_gradients(self, parameters):
        """Let every process have the sum of the gradients."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        distributed.all_reduce(flat)
        parts = flat.split([g.numel() for g in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def from_main(self, numbers):
        """Return the numbers of the main process."""
        tensor = torch.tensor(numbers, dtype=torch.float64, device=self._device)
        distributed.broadcast(tensor, src=0)
        return tensor.tolist()

    def any(self, flag):
        """Return whether a flag is set in any process."""
        tensor = torch.tensor(float(flag), device=self._device)
        distributed.all_reduce(tensor)
        return bool(tensor > 0)

    def check_alike(self, numbers, what):
        """Raise in all processes if numbers differ between them."""
        tensor = torch.tensor(numbers, dtype=torch.float64, device=self._device)
        main = tensor.clone()
        distributed.broadcast(main, src=0)
        if self.any(not torch.equal(main, tensor)):
            raise ValueError(
                f"data_parallel=True needs {what}, but the {self.number} processes differ."
            )

    @property
    def _device(self):
        is_nccl = distributed.get_backend() == "nccl"
        return torch.device("cuda", torch.cuda.current_device()) if is_nccl else "cpu"


class _Sum(torch.autograd.Function):
    """The sum over processes; what depends on it in any of them counts in all gradients."""

    @staticmethod
    def forward(ctx, tensor):
        total = tensor.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx, gradient):
        total = gradient.contiguous().clone()
        distributed.all_reduce(total)
        return total


def join_processes(data_parallel, device):
    """Return the processes to train with; None if this one is alone.

    Parameters
    ----------
    data_parallel : bool
        Whether others are to be asked at all.
    device : torch.device
        Where to compute.

    Raises
    ------
    ImportError
        If accelerate is not installed.
    ValueError
        In a worker of a search, which is none of these processes.
    """
    if not data_parallel:
        return None
    accelerate = import_extra("accelerate", "accelerate", "data_parallel=True")
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        return None
    name = multiprocessing.current_process().name
    is_main_thread = threading.current_thread() is threading.main_thread()
    if name.startswith("Loky") or not is_main_thread:
        raise ValueError(
            "data_parallel=True, but this fit runs in a worker of its own (n_jobs): set "
            "n_jobs=1, which lets all processes run the same search together, or "
            "data_parallel=False."
        )
    state = accelerate.PartialState(cpu=device.type == "cpu")
    if state.num_processes == 1:
        return None
    return Processes(state.process_index, state.num_processes)

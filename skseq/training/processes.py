"""Processes that train one model together, each on its share of every batch."""

import contextlib
import multiprocessing
import os
import threading
from numbers import Number

import numpy as np
import torch
from torch import distributed

from skseq.extras import import_extra
from skseq.networks import MaskedBatchNorm
from skseq.persistence import digest_content
from skseq.training.sparse import make_gradient, stored_numbers, touched_rows

# Parameters of these types have the same repr in all processes.
PLAIN = (Number, str, dict, list, tuple, type(None))


class SingleProcess:
    """Training in a single process, with the methods of :class:`Processes`."""

    rank = 0

    def share(self, rows):
        """Return the rows of a batch."""
        return rows

    @contextlib.contextmanager
    def attached(self, module):
        """Do nothing: a batch is normalized by its own statistics."""
        yield

    def average(self, losses, n_rows):
        """Return the contribution of losses to the mean loss of a batch."""
        return losses.mean() if len(losses) == n_rows else losses.sum() / n_rows

    def add_gradients(self, parameters):
        """Do nothing: the gradients are complete."""

    def add(self, tensor):
        """Return the tensor."""
        return tensor

    def synchronize_history(self, history):
        """Do nothing: there is one history."""

    def any(self, flag):
        """Return the flag."""
        return flag

    def check_same_training(self, net, datasets, n_epochs):
        """Do nothing: there is nothing to compare with."""


class Processes:
    """The processes of `accelerate launch`, which train one model together.

    Every process holds all data, draws the same batches and computes the loss of its
    share. Gradients are summed, so that all processes make the same update. All compute
    the validation loss, but only the numbers of the main process count: processors may
    differ in the last digit, and all processes must stop in the same epoch.

    Attributes
    ----------
    rank, number : int
        Index of this process, where 0 is the main one, and the number of processes.
    """

    def __init__(self, rank, number):
        self.rank = rank
        self.number = number

    def share(self, rows):
        """Return the rows of a batch that this process computes."""
        return np.array_split(rows, self.number)[self.rank]

    @contextlib.contextmanager
    def attached(self, module):
        """Normalize batches by the statistics of all processes within a block."""
        norms = [part for part in module.modules() if isinstance(part, MaskedBatchNorm)]
        for norm in norms:
            norm.add = self.add
        try:
            yield
        finally:
            for norm in norms:
                norm.add = None

    def average(self, losses, n_rows):
        """Return the contribution of this process to the mean loss of a batch."""
        return losses.sum() / n_rows

    def add(self, tensor):
        """Return the sum of a tensor over all processes; it is differentiable."""
        return _Sum.apply(tensor)

    def add_gradients(self, parameters):
        """Replace gradients by their sum over all processes."""
        with_gradient = [p for p in parameters if p.grad is not None]
        dense = [p.grad for p in with_gradient if not p.grad.is_sparse]
        flat = torch.cat([g.flatten() for g in dense])
        distributed.all_reduce(flat)
        parts = flat.split([g.numel() for g in dense])
        for gradient, part in zip(dense, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
        for parameter in with_gradient:
            if parameter.grad.is_sparse:
                parameter.grad = self._add_sparse(parameter.grad)

    def _add_sparse(self, gradient):
        """Return the sum of merged sparse gradients, whose rows differ, over all processes."""
        rows, numbers = touched_rows(gradient), stored_numbers(gradient)
        numbers_of_rows = self._gather(torch.tensor([len(rows)], device=rows.device))
        n_rows = [int(n) for n in numbers_of_rows]
        # Processes exchange tensors of equal shape.
        padded = [
            torch.cat([part, part.new_zeros(max(n_rows) - len(part), *part.shape[1:])])
            for part in (rows, numbers)
        ]
        rows, numbers = (
            torch.cat(
                [part[:n] for part, n in zip(self._gather(part), n_rows, strict=True)]
            )
            for part in padded
        )
        return make_gradient(rows, numbers, gradient.shape)

    def _gather(self, tensor):
        """Return the tensors of all processes, which have the same shape."""
        gathered = [torch.empty_like(tensor) for _ in range(self.number)]
        distributed.all_gather(gathered, tensor)
        return gathered

    def synchronize_history(self, history):
        """Replace the numbers of the last epoch by those of the main process."""
        last = history[-1]
        names = sorted(name for name, value in last.items() if isinstance(value, float))
        numbers = torch.tensor(
            [last[name] for name in names], dtype=torch.float64, device=self._device
        )
        distributed.broadcast(numbers, src=0)
        for name, number in zip(names, numbers.tolist(), strict=True):
            history.record(name, number)

    def any(self, flag):
        """Return whether a flag is set in any process."""
        tensor = torch.tensor(float(flag), device=self._device)
        distributed.all_reduce(tensor)
        return bool(tensor > 0)

    def check_same_training(self, net, datasets, n_epochs):
        """Raise if the processes would not train the same model on the same data."""
        same = "the same parameters in all processes, and an integer random_state"
        plain = {
            name: repr(value)
            for name, value in net.parameters_.items()
            if isinstance(value, PLAIN)
        }
        self._check_equal(_digits({"parameters": plain, "seed": int(net.seed)}), same)
        for dataset in datasets:
            # Computed values may be rounded differently by other processors.
            given = _digits(dataset.describe()["given"])
            self._check_equal(given, "the same X and y in all processes")
        weights = [float(w.detach().double().sum()) for w in net.module_.parameters()]
        self._check_equal([n_epochs, net.batch_size, net.lr, *weights], same)
        n = len(datasets[0])
        smallest = n // -(-n // net.batch_size)
        if smallest < self.number:
            raise ValueError(
                f"data_parallel=True: {self.number} processes cannot share batches of "
                f"{smallest} sequences. Increase batch_size={net.batch_size}."
            )

    def _check_equal(self, numbers, requirement):
        """Raise in all processes if numbers differ between them."""
        tensor = torch.tensor(numbers, dtype=torch.float64, device=self._device)
        main = tensor.clone()
        distributed.broadcast(main, src=0)
        if self.any(not torch.equal(main, tensor)):
            raise ValueError(
                f"data_parallel=True requires {requirement}, but the {self.number} "
                "processes differ."
            )

    @property
    def _device(self):
        is_nccl = distributed.get_backend() == "nccl"
        return torch.device("cuda", torch.cuda.current_device()) if is_nccl else "cpu"


def _digits(content):
    """Return the digest of a value as numbers that processes can compare."""
    return list(bytes.fromhex(digest_content(content)))


class _Sum(torch.autograd.Function):
    """The sum over processes. The gradient is summed over processes as well."""

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
    """Return the processes that train together: SingleProcess or Processes.

    Raises ImportError if accelerate is not installed, and ValueError in a worker of a
    parallel search, which is none of these processes.
    """
    if not data_parallel:
        return SingleProcess()
    accelerate = import_extra("accelerate", "accelerate", "data_parallel=True")
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        return SingleProcess()
    name = multiprocessing.current_process().name
    is_main_thread = threading.current_thread() is threading.main_thread()
    if name.startswith("Loky") or not is_main_thread:
        raise ValueError(
            "data_parallel=True, but this fit runs in a separate worker (n_jobs). Set "
            "n_jobs=1, so that all processes run the same search together, or "
            "data_parallel=False."
        )
    state = accelerate.PartialState(cpu=device.type == "cpu")
    if state.num_processes == 1:
        return SingleProcess()
    return Processes(state.process_index, state.num_processes)

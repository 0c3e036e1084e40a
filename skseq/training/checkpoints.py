"""Checkpoints: the state of a training in a file, from which the same fit resumes."""

import contextlib
import inspect
import os
import platform
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from skseq.exceptions import FileFormatError
from skseq.persistence import digest_content, read_archive, write_archive
from skseq.saved import require
from skseq.training.state import load_net_state_dict, net_state_dict

FILE_NAME = "training.safetensors"


@dataclass
class Loop:
    """Everything that changes between the epochs of a training.

    The net (weights, optimizer, history), the generators of the order of batches and of
    dropout masks, from which augmentation draws as well, the average of the weights or
    None, and the callbacks with a state, by name.
    """

    net: Any
    order: np.random.Generator
    masks: torch.Generator
    average: Any
    callbacks: dict

    @property
    def is_over(self):
        """Whether a callback of skseq has ended the training."""
        return any(callback.is_over(self.net) for callback in self.callbacks.values())

    def state_dict(self):
        """Return the state as plain values and tensors."""
        average = None if self.average is None else self.average.state_dict()
        return {
            "net": net_state_dict(self.net),
            "order": self.order.bit_generator.state,
            "masks": self.masks.get_state(),
            "average": average,
            "callbacks": {name: c.state_dict() for name, c in self.callbacks.items()},
        }

    def load_state_dict(self, state):
        """Set the state; raise an exception if it belongs to another training."""
        load_net_state_dict(self.net, state["net"])
        self.order.bit_generator.state = state["order"]
        self.masks.set_state(state["masks"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        for name, callback in self.callbacks.items():
            callback.load_state_dict(state["callbacks"][name])


class Checkpoint:
    """The file of one training, whose folder is named after all that determines its result.

    Parameters
    ----------
    folder : str or path-like
        The folder of all checkpoints.
    name : str
        The name of the training; see :func:`name_training`.
    n_epochs : int
        Epochs of the whole training.
    """

    def __init__(self, folder, name, n_epochs):
        self.folder = folder
        self.path = Path(os.path.expanduser(folder)) / name / FILE_NAME
        self.n_epochs = n_epochs

    def resume(self, loop):
        """Set a training to the state in the file; return how many epochs are done.

        Raises FileFormatError if the file cannot be used, and OSError if epochs are left
        and the folder cannot be written.
        """
        self._remove_temporary_files()
        n_done = 0
        if self.path.exists():
            try:
                state = read_archive(self.path, "training")
                loop.load_state_dict(state["loop"])
                n_done = len(loop.net.history)
                require(0 < n_done <= self.n_epochs, "it has another number of epochs")
            except Exception as error:
                raise FileFormatError(
                    f"the checkpoint {self.path} cannot be used: {str(error).rstrip('.')}. "
                    f"Delete {self.path.parent} to start this fit from scratch."
                ) from error
            if loop.is_over:
                n_done = self.n_epochs
        if n_done < self.n_epochs:
            self._check_writable()
        return n_done

    def write(self, loop):
        """Write the state after an epoch. The existing file is kept if writing fails."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_finished = loop.is_over or len(loop.net.history) == self.n_epochs
        content = {"finished": is_finished, "loop": loop.state_dict()}
        # Another process that starts the same training, such as one of two equal candidates
        # of a search, may remove the temporary file. It writes the same checkpoint.
        with contextlib.suppress(FileNotFoundError):
            write_archive(self.path, "training", content)

    def _check_writable(self):
        """Make the folder, and raise OSError if files cannot be written to it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path.parent):
                pass
        except OSError as error:
            raise OSError(
                f"checkpoint={self.folder!r} cannot be written to ({error}). Give a folder "
                "with write permission, or checkpoint=None."
            ) from error

    def _remove_temporary_files(self):
        """Remove files of processes that were killed while they wrote a checkpoint."""
        for file in self.path.parent.glob(f".{FILE_NAME}.*"):
            with contextlib.suppress(OSError):  # on Windows, while it is open
                file.unlink()


def name_training(net, dataset, validation, n_epochs, callbacks):
    """Return a name that is unique to a training in an environment.

    It is a digest of the data, the network and its initial weights, the loss, the
    parameters of training, and versions and settings that affect rounding.
    """
    return digest_content(
        {
            "environment": describe_environment(net.device),
            "module": repr(net.module_),
            # The repr of the module lacks, for example, heads and activations.
            "network": {
                name: _describe_parameter(value) for name, value in net.parameters_.items()
            },
            "weights": dict(net.module_.state_dict()),
            "criterion": [type(net.criterion_).__name__, _public(net.criterion_)],
            "seed": int(net.seed),
            "lr": float(net.lr),
            "batch_size": int(net.batch_size),
            "weight_decay": float(net.weight_decay),
            "max_grad_norm": None
            if net.max_grad_norm is None
            else float(net.max_grad_norm),
            "precision": net.precision,
            "n_epochs": int(n_epochs),
            "callbacks": {name: _public(callback) for name, callback in callbacks.items()},
            "training": dataset.describe(),
            "validation": None if validation is None else validation.describe(),
        }
    )[:32]


def describe_environment(device):
    """Return versions and settings that affect rounding."""
    device = torch.device(device)
    return {
        "versions": [version(name) for name in ("skseq", "torch", "numpy")],
        "device": str(device),
        "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        "machine": [platform.machine(), torch.backends.cpu.get_cpu_capability()],
        "threads": torch.get_num_threads(),
        "products": torch.get_float32_matmul_precision(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }


def _describe_parameter(value):
    """Return the `repr` of a value; for a class or function, its name without address."""
    if isinstance(value, type) or inspect.isfunction(value):
        return f"{value.__module__}.{value.__qualname__}"
    return repr(value)


def _public(component):
    """Return the parameters of a loss or a callback."""
    return {
        name: value
        for name, value in vars(component).items()
        if not name.startswith("_") and not name.endswith("_") and name != "training"
    }

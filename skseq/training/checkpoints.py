"""What a training leaves on disk after each epoch, and where another one finds it."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from skseq.exceptions import FileFormatError
from skseq.persistence import digest_content, read_archive, require, write_archive
from skseq.training.state import check_weights_fit, put_state, take_state

FILE_NAME = "training.safetensors"


@dataclass
class Loop:
    """All that changes from epoch to epoch of a training.

    Attributes
    ----------
    net : SequenceNet
        Who is trained: weights, optimiser, history.
    order : numpy.random.Generator
        Source of the order of batches.
    masks : torch.Generator
        Source of dropout.
    average : WeightAverage or None
        The average of the weights.
    callbacks : dict
        Callbacks with a state of their own, by name.
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

    def take(self):
        """Return the state as plain values and tensors."""
        average = self.average
        return {
            "net": take_state(self.net),
            "order": self.order.bit_generator.state,
            "masks": self.masks.get_state(),
            "average": None
            if average is None
            else {"n_updates": average.n_updates, "weights": average.weights},
            "callbacks": {
                name: callback.take_state() for name, callback in self.callbacks.items()
            },
        }

    def put(self, state):
        """Go back to a state; raise ValueError if it is of another training."""
        put_state(self.net, state["net"])
        self.order.bit_generator.state = state["order"]
        self.masks.set_state(state["masks"])
        if self.average is not None:
            weights = state["average"]["weights"]
            check_weights_fit(self.net.module_, weights)
            device = torch.device(self.net.device)
            self.average.weights = {name: w.to(device) for name, w in weights.items()}
            self.average.n_updates = state["average"]["n_updates"]
        for name, callback in self.callbacks.items():
            callback.put_state(state["callbacks"][name])


class Checkpoint:
    """The place of one training in a folder, named by all that decides its result.

    Parameters
    ----------
    folder : str or path-like
        Where trainings are kept.
    name : str
        The name of this one; see :func:`name_training`.
    n_epochs : int
        Epochs of the whole training.
    """

    def __init__(self, folder, name, n_epochs):
        self.path = Path(os.path.expanduser(folder)) / name / FILE_NAME
        self.n_epochs = n_epochs

    def resume(self, loop):
        """Bring a training to where it was; return how many epochs are done.

        Raises
        ------
        FileFormatError
            If what is there cannot be used.
        """
        if not self.path.exists():
            return 0
        try:
            state = read_archive(self.path, "training")
            loop.put(state["loop"])
            n_done = len(loop.net.history)
            require(0 < n_done <= self.n_epochs, "it has other epochs")
        except Exception as error:
            raise FileFormatError(
                f"the checkpoint {self.path} cannot be used: {str(error).rstrip('.')}. "
                f"Delete {self.path.parent}, and this fit starts anew."
            ) from error
        return self.n_epochs if loop.is_over else n_done

    def write(self, loop):
        """Write the state after an epoch, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_finished = loop.is_over or len(loop.net.history) == self.n_epochs
        write_archive(self.path, "training", {"finished": is_finished, "loop": loop.take()})


def name_training(net, dataset, validation, n_epochs, callbacks):
    """Return a name that only the same training has, in the same surroundings.

    It is made of the data, the network with its first weights, the loss, the numbers that
    training takes, and of versions and settings that may change the last bit.
    """
    return digest_content(
        {
            "surroundings": describe_surroundings(net.device),
            "module": repr(net.module_),
            # Some parameters show neither in layers nor in weights: heads, activations.
            "network": {name: repr(value) for name, value in net.parameters_.items()},
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


def describe_surroundings(device):
    """Return versions and settings that may change the last bit of a training."""
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


def _public(thing):
    """Return the settings of a loss or a callback."""
    return {
        name: value
        for name, value in vars(thing).items()
        if not name.startswith("_") and not name.endswith("_") and name != "training"
    }

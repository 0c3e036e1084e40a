"""What is done to estimators of every family: copied, watched, broken and interrupted."""

import contextlib
import copy
import io
import pickle
import tempfile
import warnings
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
import torch
from skorch.callbacks import Callback

import skseq


def through_joblib(estimator):
    """Write to a file and read back."""
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def through_save(estimator):
    """Write to a file without pickle and read back."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        estimator.save(path)
        return skseq.load(path)


WAYS = {
    "pickle": lambda e: pickle.loads(pickle.dumps(e)),
    "cloudpickle": lambda e: pickle.loads(cloudpickle.dumps(e)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
    "save": through_save,
}


def global_state():
    """Return all that a call must leave alone."""
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    return {
        "numpy": (name, keys.tolist(), rest),
        "torch": torch.get_rng_state().tolist(),
        "threads": torch.get_num_threads(),
        "dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "precision": torch.get_float32_matmul_precision(),
        "grad": torch.is_grad_enabled(),
        "errors": np.geterr(),
    }


EXPLODE = {"lr": 1e38, "max_grad_norm": None, "lr_schedule": "constant"}


class Trouble(Callback):
    """Fail in the middle of training."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_end(self, net, **kwargs):
        """Fail, once it is time."""
        if net.history[-1, "epoch"] == self.epoch:
            raise OSError("the disk is full")


class CtrlC(Callback):
    """Press the keys at some point of some epoch."""

    def __init__(self, epoch=2, point="batch end"):
        self.epoch = epoch
        self.point = point

    def initialize(self):
        """Remember weights and held-out losses of each epoch."""
        self.weights_, self.losses_ = [], []
        return self

    def on_epoch_begin(self, net, **kwargs):
        """Press here."""
        self.press(net, "epoch begin")

    def on_batch_begin(self, net, **kwargs):
        """Press here."""
        self.press(net, "batch begin")

    def on_grad_computed(self, net, **kwargs):
        """Press here."""
        self.press(net, "gradient")

    def on_batch_end(self, net, **kwargs):
        """Press here."""
        self.press(net, "batch end")

    def on_epoch_end(self, net, **kwargs):
        """Remember this epoch."""
        state = net.module_.state_dict()
        self.weights_.append(np.concatenate([t.numpy().ravel() for t in state.values()]))
        self.losses_.append(net.history[-1].get("valid_loss"))

    def press(self, net, point):
        """Interrupt, if this is the time."""
        if point == self.point and net.history[-1, "epoch"] == self.epoch:
            raise KeyboardInterrupt


@contextlib.contextmanager
def warnings_are_errors():
    """Let any warning fail the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield

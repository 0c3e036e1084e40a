"""What is done to estimators of every family: copied, watched, broken and interrupted."""

import contextlib
import copy
import io
import multiprocessing
import os
import pickle
import signal
import tempfile
import warnings
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

import skseq
from skseq.training import SequenceNet

needs_kill = pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="needs a signal that nothing can catch"
)


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


COPY_METHODS = {
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


class FailingCallback(Callback):
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


class UpdateCounter:
    """Counts the updates of all nets; the process is killed at one of them."""

    def __init__(self, monkeypatch, deadly=None):
        self.n = 0
        step = SequenceNet.train_step

        def count(net, batch, **params):
            self.n += 1
            if self.n == deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(net, batch, **params)

        monkeypatch.setattr(SequenceNet, "train_step", count)


def run_until_killed(run):
    """Run something in a process of its own that is killed there.

    It is not forked from this one, whose threads may hold locks that the fork would then
    wait for forever, but from a server that has done nothing else.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["skseq", "skseq.training"])
    process = context.Process(
        target=run_pickled, args=[cloudpickle.dumps(run)], daemon=True
    )
    process.start()
    process.join(timeout=300)
    assert process.exitcode == -signal.SIGKILL


def run_pickled(run):
    """Call a function that `cloudpickle` has written, as functions of tests need."""
    torch.set_num_threads(1)  # as here
    pickle.loads(run)()


def kill_at(update, fit):
    """Run a fit in a process of its own, and kill that at an update."""

    def run():
        UpdateCounter(pytest.MonkeyPatch(), update)
        fit()

    run_until_killed(run)


def find_checkpoints(folder):
    """Return the checkpoints in a folder."""
    return sorted(Path(folder).glob("*/training.safetensors"))


def assert_same_net(ours, theirs):
    """Compare nets to the last bit: weights, optimiser and log."""
    for a, b in zip(
        ours.module_.state_dict().items(), theirs.module_.state_dict().items(), strict=True
    ):
        assert a[0] == b[0]
        assert torch.equal(a[1], b[1]), a[0]
    a, b = ours.optimizer_.state_dict(), theirs.optimizer_.state_dict()
    assert [group["lr"] for group in a["param_groups"]] == [
        group["lr"] for group in b["param_groups"]
    ]
    for number, moments in a["state"].items():
        for name, moment in moments.items():
            assert torch.equal(moment, b["state"][number][name]), (number, name)
    here = {"seconds": 0, "batches": []}  # a matter of the run, and never filled
    rows = [[{**row, **here} for row in net.history] for net in (ours, theirs)]
    np.testing.assert_equal(rows[0], rows[1])

"""Helpers that copy, observe, interrupt and kill estimators of every family."""

import contextlib
import copy
import io
import multiprocessing
import os
import pickle
import signal
import sys
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
from skseq.persistence import read_archive, write_archive
from skseq.training import SequenceNet

needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")


def through_joblib(estimator):
    """Dump with joblib and load again."""
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def through_save(estimator):
    """Write with `save` and read with `skseq.load`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        estimator.save(path)
        return skseq.load(path)


def save_changed(estimator, path, changes):
    """Save an estimator and change entries of the file.

    The place of an entry is written as keys, indices and attributes with slashes between
    them. `MISSING` removes the entry.
    """
    estimator.save(path)
    content = read_archive(path, "estimator")
    for place, value in changes.items():
        *keys, last = (int(key) if key.isdigit() else key for key in place.split("/"))
        parent = content
        for key in keys:
            has_items = hasattr(parent, "__getitem__")
            parent = parent[key] if has_items else getattr(parent, key)
        if value is MISSING:
            del parent[last]
        elif hasattr(parent, "__setitem__"):
            parent[last] = value
        else:
            vars(parent)[last] = value
    write_archive(path, "estimator", content)


MISSING = object()
COPY_METHODS = {
    "pickle": lambda e: pickle.loads(pickle.dumps(e)),
    "cloudpickle": lambda e: pickle.loads(cloudpickle.dumps(e)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
    "save": through_save,
}


def global_state():
    """Return the global state that no call may change."""
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
    """Raise an OSError in the middle of training."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_end(self, net, **kwargs):
        """Raise in the chosen epoch."""
        if net.history[-1, "epoch"] == self.epoch:
            raise OSError("the disk is full")


class CtrlC(Callback):
    """Raise KeyboardInterrupt at a chosen point of a chosen epoch."""

    def __init__(self, epoch=2, point="batch end"):
        self.epoch = epoch
        self.point = point

    def initialize(self):
        """Create the lists of weights and validation losses of each epoch."""
        self.weights_, self.losses_ = [], []
        return self

    def on_epoch_begin(self, net, **kwargs):
        self.interrupt(net, "epoch begin")

    def on_batch_begin(self, net, **kwargs):
        self.interrupt(net, "batch begin")

    def on_grad_computed(self, net, **kwargs):
        self.interrupt(net, "gradient")

    def on_batch_end(self, net, **kwargs):
        self.interrupt(net, "batch end")

    def on_epoch_end(self, net, **kwargs):
        """Record the weights and the validation loss of this epoch."""
        state = net.module_.state_dict()
        self.weights_.append(np.concatenate([t.numpy().ravel() for t in state.values()]))
        self.losses_.append(net.history[-1].get("valid_loss"))

    def interrupt(self, net, point):
        """Raise if this is the chosen point of the chosen epoch."""
        if point == self.point and net.history[-1, "epoch"] == self.epoch:
            raise KeyboardInterrupt


class CtrlCAtLine:
    """Raise KeyboardInterrupt in a block, before a line of some modules is run.

    `line` counts the lines that are run, also repeatedly.
    """

    def __init__(self, modules, line=None):
        self.modules = modules
        self.line = line
        self.n_lines = 0

    def __enter__(self):
        self.previous = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *error):
        sys.settrace(self.previous)

    def trace(self, frame, event, arg):
        """Count a line, and raise if it is the chosen one."""
        if frame.f_globals.get("__name__") not in self.modules:
            return None
        if event == "line":
            self.n_lines += 1
            if self.n_lines - 1 == self.line:
                raise KeyboardInterrupt
        return self.trace


@contextlib.contextmanager
def warnings_are_errors():
    """Turn every warning into an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


class UpdateCounter:
    """Count the updates of all nets, and optionally kill the process at one of them."""

    def __init__(self, monkeypatch, kill_at=None):
        self.n = 0
        step = SequenceNet._update

        def count(net, *arguments):
            self.n += 1
            if self.n == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(net, *arguments)

        monkeypatch.setattr(SequenceNet, "_update", count)


def run_until_killed(run):
    """Run a function in a new process, and check that the process was killed.

    The process is started by a fork server and not forked from this process: threads of
    this process may hold locks on which the fork would wait forever.
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
    """Call a function serialized by cloudpickle, which also takes local functions."""
    torch.set_num_threads(1)  # the same setting as in this process
    pickle.loads(run)()


def kill_at(update, fit):
    """Run a fit in a new process, and kill the process at an update."""

    def run():
        UpdateCounter(pytest.MonkeyPatch(), update)
        fit()

    run_until_killed(run)


def find_checkpoints(folder):
    """Return the checkpoint files in a folder."""
    return sorted(Path(folder).glob("*/training.safetensors"))


def assert_same_net(first, second):
    """Assert that weights, optimizer state and history of two nets are bitwise equal."""
    for a, b in zip(
        first.module_.state_dict().items(), second.module_.state_dict().items(), strict=True
    ):
        assert a[0] == b[0]
        assert torch.equal(a[1], b[1]), a[0]
    a, b = first.optimizer_.state_dict(), second.optimizer_.state_dict()
    assert [group["lr"] for group in a["param_groups"]] == [
        group["lr"] for group in b["param_groups"]
    ]
    for number, moments in a["state"].items():
        for name, moment in moments.items():
            assert torch.equal(moment, b["state"][number][name]), (number, name)
    ignored = {"seconds": 0, "batches": []}  # run times, and a list that is never filled
    rows = [[{**row, **ignored} for row in net.history] for net in (first, second)]
    np.testing.assert_equal(rows[0], rows[1])

"""Start-up, memory and growth: measurements other than comparisons of two sides."""

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from skseq import GRUClassifier, Sequences

from ..engine.files import read_memory
from .workloads import Workload

TIMED_IMPORT = "from time import time; start = time(); import {}; print(time() - start)"
# Sizes of the data of the fits that show growth: sequences, and steps.
N_SEQUENCES, N_STEPS = (1000, 3000, 10_000, 30_000, 100_000), (50, 160, 500, 1600, 5000)


def time_call(function):
    """Return the seconds that a call takes, or those that it returns."""
    start = time.perf_counter()
    result = function()
    seconds = time.perf_counter() - start
    return result if isinstance(result, float) else seconds


def time_imports(statements, repeats):
    """Return the median seconds in which new interpreters import modules, in turn.

    Start and end of the interpreter do not count. All imports find their bytecode, as
    after an installation by pip, whatever the environment says.
    """
    seconds = {names: [] for names in statements}
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for turn in range(repeats + 1):
        for names in statements:
            command = [sys.executable, "-c", TIMED_IMPORT.format(names)]
            found = subprocess.check_output(command, env=environment, text=True)
            if turn:  # the first run writes bytecode and fills the disk cache
                seconds[names].append(float(found))
    return {names: statistics.median(values) for names, values in seconds.items()}


def time_together(n_fits=4):
    """Return the CPU seconds of some fits in processes: one after the other, and at once.

    Each is a fit of 36 sequences of 251 steps at default settings, after a warm-up.
    """
    alone = sum(_run_processes(fit_alone, 1)[0] for _ in range(n_fits))
    return {
        "n_fits": n_fits,
        "alone": alone,
        "together": sum(_run_processes(fit_alone, n_fits)),
    }


def _run_processes(task, n):
    """Return the results of a task in n new processes that run at once."""
    with ProcessPoolExecutor(n, get_context("spawn")) as executor:
        return [future.result() for future in [executor.submit(task) for _ in range(n)]]


def fit_alone():
    """Return the CPU seconds of a fit, which all threads of this process take."""
    X, y = np.random.default_rng(0).normal(size=(36, 251)), np.arange(36) % 3
    GRUClassifier(max_epochs=2, random_state=0).fit(X, y)
    start = time.process_time()
    GRUClassifier(random_state=0).fit(X, y)
    return time.process_time() - start


def measure_memory(task, *sizes):
    """Run `fit_in_memory` or `fit_on_disk` in a new process and return its result."""
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        return executor.submit(task, *sizes).result()


def fit_in_memory(n_sequences, n_steps, n_features):
    """Return the memory that a fit adds to data in memory."""
    random = np.random.default_rng(0)
    X = random.normal(size=(n_sequences, n_steps, n_features)).astype(np.float32)
    return _measure_fit(X, random)[1] | {"data": X.nbytes}


def fit_on_disk(n_sequences, n_steps, n_features):
    """Return the memory that a fit and a prediction add where the data are in a file."""
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.npy"
        shape = n_sequences * n_steps, n_features
        values = np.lib.format.open_memmap(path, "w+", np.float32, shape)
        for first in range(0, len(values), 10**6):
            part = values[first : first + 10**6]
            part[:] = random.normal(size=part.shape)
        values.flush()
        del values, part
        X = Sequences(np.load(path, mmap_mode="r"), np.full(n_sequences, n_steps))
        model, found = _measure_fit(X, random)
        predict_above, _ = _watch_memory(lambda: model.predict(X))
        return found | {"data": os.path.getsize(path), "predict_above": predict_above}


def _measure_fit(X, random):
    y = random.integers(3, size=len(X))
    sizes = {"hidden_size": 16, "max_epochs": 1, "batch_size": 512}
    model = GRUClassifier(**sizes, early_stopping=False, random_state=0)
    model.fit(X[:512], y[:512])  # allocates what libraries need once
    above, seconds = _watch_memory(lambda: model.fit(X, y))
    return model, {"above": above, "seconds": seconds}


def _watch_memory(call):
    """Return the peak of the anonymous memory that a call adds, in bytes, and seconds."""
    readings, stop = [read_memory("RssAnon")], threading.Event()

    def watch():
        while not stop.wait(0.005):
            readings.append(read_memory("RssAnon"))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    seconds = time_call(call)
    stop.set()
    thread.join()
    return max(readings) - readings[0], seconds


def time_growth(say):
    """Return (what grows, architecture, size, seconds per epoch) of each fit."""
    torch.manual_seed(0)
    grown, work = [], []
    for n in N_SEQUENCES:
        work.append((Workload("GRU", 20, 32, 64, n_sequences=n), "sequences", n))
    for name, n in itertools.product(("RNN", "LSTM", "GRU"), N_STEPS):
        work.append((Workload(name, n, 32, 32, n_sequences=64), "steps", n))
    for workload, what, n in work:
        n_epochs = 1 if what == "sequences" else max(1, 1000 // n)
        model = workload.make_estimator(max_epochs=n_epochs)
        fit = partial(model.fit, *workload.make_sequences())
        seconds = min(time_call(fit) for _ in range(3))
        grown.append((what, workload.architecture, n, seconds / n_epochs))
        say(f"growth: {workload.architecture}, {n} {what}: {grown[-1][-1]:.3f} s an epoch")
    return grown


def find_slopes(grown):
    """Return (what grows, architecture, slope of log time over log size)."""
    slopes = []
    for key in dict.fromkeys((what, architecture) for what, architecture, _, _ in grown):
        points = [(n, s) for what, name, n, s in grown if (what, name) == key]
        slopes.append((*key, float(np.polyfit(*np.log(np.array(points)).T, 1)[0])))
    return slopes

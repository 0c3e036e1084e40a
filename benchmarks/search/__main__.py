"""Memory of a long search, and the time that a second worker saves.

python -m benchmarks.search              # 200 fits on two workers, a few minutes
python -m benchmarks.search --fits 20    # a quick run
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from joblib.externals.loky import get_reusable_executor
from sklearn.model_selection import RandomizedSearchCV

from skseq import GRUClassifier, Sequences
from skseq.model_selection import default_search_space

from ..engine.files import RESULTS, Store, read_memory, say, write_report
from ..engine.tables import describe_environment, write_table

N_SEQUENCES, SPLITS = 60, 2
MEBIBYTE = 2**20
TEMPLATE = Path(__file__).with_name("report.md")


def main(arguments=None):
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fits", type=int, default=200, help="fits of the search (200)")
    parser.add_argument("--output", type=Path, help="result file")
    options = parser.parse_args(arguments)
    if options.fits < 20 or options.fits % SPLITS:
        parser.error(f"--fits must be an even number of at least 20, got {options.fits}")
    name = "search" if options.fits >= 200 else "search-partial"
    store = Store(options.output or RESULTS / f"{name}.json", "search")
    start = time.perf_counter()
    for n_jobs in (None, 1, 2):
        few = options.fits // 10
        record = measure_workers(few, n_jobs) if n_jobs else measure_memory(options.fits)
        content = store.write(time.perf_counter() - start, record)
        say(f"{record['row']}: {record['fits']} fits in {record['seconds']:.1f} s")
    write_report(store.path, make_report(content))


class Gauge:
    """A callback of scikit-learn that records memory and threads after each fit."""

    max_propagation_depth = None

    def __init__(self, path):
        self.path = path
        self.parent = os.getpid()

    def setup(self, estimator, context):
        """Do nothing."""

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context):
        """Record the state of this process and of the one that started the search."""
        if context.source_task_name != "candidate-split-evaluation":
            return
        note = {
            "worker": os.getpid(),
            "worker_mib": read_memory("VmRSS") / MEBIBYTE,
            "parent_mib": read_memory("VmRSS", self.parent) / MEBIBYTE,
            "torch_threads": torch.get_num_threads(),
        }
        with open(self.path, "a") as file:
            file.write(json.dumps(note) + "\n")


def run_search(n_fits, n_jobs, max_epochs):
    """Run one search; return its seconds and the notes of the gauge."""
    random, y = np.random.default_rng(0), np.arange(N_SEQUENCES) % 3
    pairs = zip(random.integers(10, 41, N_SEQUENCES), y, strict=True)
    X = Sequences.from_list([random.normal(size=(k, 4)) + c for k, c in pairs])
    model = GRUClassifier(max_epochs=max_epochs, random_state=0)
    space = default_search_space(model)
    settings = {"n_iter": n_fits // SPLITS, "cv": SPLITS, "random_state": 0}
    with tempfile.NamedTemporaryFile("r") as notes:
        search = RandomizedSearchCV(model, space, n_jobs=n_jobs, **settings)
        search.set_callbacks(Gauge(notes.name))
        start = time.perf_counter()
        search.fit(X, y)
        return time.perf_counter() - start, [json.loads(line) for line in notes]


def measure_memory(n_fits):
    """Return a record of memory along one search on two workers."""
    seconds, notes = run_search(n_fits, 2, max_epochs=2)
    workers = list(dict.fromkeys(note["worker"] for note in notes))
    curves = {"parent": [], **{f"worker {k}": [] for k in range(len(workers))}}
    for number, note in enumerate(notes, start=1):
        name = f"worker {workers.index(note['worker'])}"
        curves["parent"].append([number, round(note["parent_mib"], 1)])
        curves[name].append([number, round(note["worker_mib"], 1)])
    get_reusable_executor().shutdown(wait=True)  # later searches start their own workers
    return {"row": "memory", "fits": len(notes), "seconds": seconds, "curves": curves}


def measure_workers(n_fits, n_jobs):
    """Return a record of the seconds of a search, and the threads of its workers."""
    run_search(2 * SPLITS, n_jobs, max_epochs=1)  # starts the workers
    seconds, notes = run_search(n_fits, n_jobs, max_epochs=4)
    found = {"seconds": seconds, "torch_threads": max(n["torch_threads"] for n in notes)}
    return {"row": f"n_jobs={n_jobs}", "fits": n_fits, **found}


def make_report(content):
    """Return the report."""
    memory, *workers = content["records"]
    marks = sorted({max(1, round(memory["fits"] * share / 10)) for share in range(11)})
    lines, growth = [["MiB after fit", *map(str, marks)]], []
    for name, curve in memory["curves"].items():
        numbers, values = np.array(curve).T
        lines.append([name, *(f"{np.interp(m, numbers, values):.0f}" for m in marks)])
        n = len(values)
        rise = np.mean(values[-n // 4 :]) - np.mean(values[n // 4 : n // 2])
        growth.append(f"{name} {rise:+.1f}")
    times = [["workers", "fits", "seconds", "torch threads of a worker"]]
    for r in workers:
        seconds = f"{r['seconds']:.1f}"
        times.append([r["row"], str(r["fits"]), seconds, str(r["torch_threads"])])
    return TEMPLATE.read_text().format(
        **memory,
        memory=write_table(lines),
        growth=", ".join(growth),
        workers=write_table(times),
        environment=describe_environment(content),
    )


if __name__ == "__main__":
    sys.exit(main())

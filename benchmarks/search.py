"""What a long search costs in memory, and what a second worker brings.

    python benchmarks/search.py              # 200 fits on two workers, a few minutes
    python benchmarks/search.py --fits 20    # a quick look

See benchmarks/README.md.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import torch
from joblib.externals.loky import get_reusable_executor
from report_parts import describe_environment, write_table
from running import RESULTS, say
from sklearn.model_selection import RandomizedSearchCV
from store import Store

from skseq import GRUClassifier, Sequences
from skseq.model_selection import default_search_space

SPLITS = 2
MEBIBYTE = 2**20


class Gauge:
    """A callback of scikit-learn that notes memory and threads after every fit."""

    max_propagation_depth = None

    def __init__(self, path):
        self.path = str(path)
        self.parent = os.getpid()

    def setup(self, estimator, context):
        """Do nothing."""

    def teardown(self, estimator, context):
        """Do nothing."""

    def on_fit_task_begin(self, estimator, context):
        """Do nothing."""

    def on_fit_task_end(self, estimator, context):
        """Note the state of this process, and of the one that started the search."""
        if context.source_task_name != "candidate-split-evaluation":
            return
        here = psutil.Process()
        note = {
            "worker": here.pid,
            "worker_mib": here.memory_info().rss / MEBIBYTE,
            "parent_mib": psutil.Process(self.parent).memory_info().rss / MEBIBYTE,
            "torch_threads": torch.get_num_threads(),
        }
        with open(self.path, "a") as file:
            file.write(json.dumps(note) + "\n")


def make_data(n=60, seed=0):
    """Return sequences of 10 to 40 steps, of three classes."""
    random = np.random.default_rng(seed)
    y = np.arange(n) % 3
    lengths = random.integers(10, 41, n)
    pairs = zip(lengths, y, strict=True)
    return Sequences.from_list([random.normal(size=(k, 4)) + c for k, c in pairs]), y


def run_search(n_fits, n_jobs, max_epochs):
    """Run one search; return its seconds and what the gauge noted."""
    model = GRUClassifier(max_epochs=max_epochs, random_state=0)
    space = default_search_space(model)
    X, y = make_data()
    with tempfile.TemporaryDirectory() as folder:
        gauge = Gauge(Path(folder) / "notes")
        search = RandomizedSearchCV(
            model, space, n_iter=n_fits // SPLITS, cv=SPLITS, n_jobs=n_jobs, random_state=0
        )
        start = time.perf_counter()
        search.set_callbacks(gauge).fit(X, y)
        seconds = time.perf_counter() - start
        lines = Path(gauge.path).read_text().splitlines()
    return seconds, [json.loads(line) for line in lines]


def measure_memory(n_fits):
    """Return a record of memory along one search."""
    seconds, notes = run_search(n_fits, 2, max_epochs=2)
    names = {
        pid: f"worker {k}"
        for k, pid in enumerate(dict.fromkeys(n["worker"] for n in notes))
    }
    curves = {name: [] for name in ["parent", *names.values()]}
    for number, note in enumerate(notes, start=1):
        curves["parent"].append([number, round(note["parent_mib"], 1)])
        curves[names[note["worker"]]].append([number, round(note["worker_mib"], 1)])
    return {"row": "memory", "fits": len(notes), "seconds": seconds, "curves": curves}


def measure_workers(n_fits):
    """Return a record for each number of workers: seconds, threads of a worker."""
    for n_jobs in (1, 2):
        run_search(2 * SPLITS, n_jobs, max_epochs=1)  # workers have started by then
        seconds, notes = run_search(n_fits, n_jobs, max_epochs=4)
        used = {note["torch_threads"] for note in notes}
        yield {
            "row": f"n_jobs={n_jobs}",
            "fits": n_fits,
            "seconds": seconds,
            "torch_threads": max(used),
        }


def write_report(content):
    """Return the report of a run."""
    records = content["records"]
    (memory,) = (r for r in records if r["row"] == "memory")
    marks = sorted({max(1, round(memory["fits"] * share / 10)) for share in range(11)})
    lines = []
    for name, curve in memory["curves"].items():
        numbers, values = np.array(curve).T
        lines.append([name, *(f"{np.interp(m, numbers, values):.0f}" for m in marks)])
    table = write_table(["MiB after fit", *map(str, marks)], lines)
    growth = [
        f"{name} {np.mean(v[-len(v) // 4 :]) - np.mean(v[len(v) // 4 : len(v) // 2]):+.1f}"
        for name, v in ((n, np.array(c)[:, 1]) for n, c in memory["curves"].items())
    ]
    workers = write_table(
        ["workers", "fits", "seconds", "threads of torch in a worker"],
        [
            [r["row"], str(r["fits"]), f"{r['seconds']:.1f}", str(r["torch_threads"])]
            for r in records
            if r["row"] != "memory"
        ],
    )
    return (
        "# A search at scale\n\n"
        f"Resident memory along one search of {memory['fits']} fits on two workers "
        f"(`n_jobs=2`), which took {memory['seconds']:.0f} s.\n\n{table}\n\n"
        f"Mean of the last quarter less that of the second: {', '.join(growth)} MiB.\n\n"
        f"The same search on one and on two workers, once these had started:\n\n{workers}\n\n"
        f"{describe_environment(content)}\n"
    )


def main(arguments=None):
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fits", type=int, default=200, help="fits of the search (200)")
    parser.add_argument("--output", type=Path, metavar="FILE.json")
    options = parser.parse_args(arguments)
    if options.fits < 20 or options.fits % SPLITS:
        parser.error(f"--fits must be an even number from 20 on, got {options.fits}")
    name = "search" if options.fits >= 200 else "search-partial"
    output = options.output or RESULTS / f"{name}.json"
    store = Store(output, ["search.py"], resume=False, max_epochs=None)
    start = time.perf_counter()
    store.add(measure_memory(options.fits), time.perf_counter() - start)
    say(f"memory: {options.fits} fits done")
    get_reusable_executor().shutdown(wait=True)  # workers of their own for what follows
    for record in measure_workers(options.fits // 10):
        store.add(record, time.perf_counter() - start)
        say(f"{record['row']}: {record['seconds']:.1f} s")
    report = write_report(store.write(time.perf_counter() - start))
    output.with_suffix(".md").write_text(report)
    print(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What both benchmarks share: options, fits side by side, a record of each."""

import sys
import time
import traceback
import warnings
from pathlib import Path

import numpy as np
from data import DATA_VARIABLE, default_folder
from joblib import Parallel
from threadpoolctl import threadpool_limits

from skseq.exceptions import InterruptedFitWarning

RESULTS = Path(__file__).parent / "results"


def add_run_options(parser, name):
    """Add the options that do not depend on what is measured."""
    add = parser.add_argument
    add("--seeds", type=int, default=3, help="fits of each cell (default: 3)")
    add("--jobs", type=int, default=2, help="fits at a time, one thread each (default: 2)")
    add("--data", type=Path, default=default_folder(), metavar="FOLDER",
        help=f"where the data files lie (default: ${DATA_VARIABLE}, or %(default)s)")  # fmt: skip
    add("--output", type=Path, metavar="FILE.json",
        help=f"where results go, a .md beside it (default: benchmarks/results/{name}.json, "
        f"or {name}-partial.json if anything is not at its default)")  # fmt: skip
    add("--resume", action="store_true", help="keep what --output holds already")
    add("--max-epochs", type=int, metavar="N", help="a smoke test: epochs of each fit")


def check_run_options(parser, options, name, *, is_whole):
    """Refuse what makes no sense, and choose where results go."""
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1, got {options.seeds}")
    if not options.rows:
        parser.error("--skip leaves no row to measure")
    if options.output is None:
        # A quick look must not overwrite the table.
        is_table = is_whole and options.seeds >= 3 and options.max_epochs is None
        options.output = RESULTS / (f"{name}.json" if is_table else f"{name}-partial.json")


def guard(record, measure):
    """Return a record with what `measure()` returns, or with the error that ended it."""
    try:
        with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            # A fit that was cut short is not a result.
            warnings.simplefilter("error", InterruptedFitWarning)
            record |= measure()
    except Exception as error:
        record["error"] = f"{type(error).__name__}: {error}"
        record["traceback"] = traceback.format_exc()
        return record
    record["warnings"] = sorted({f"{w.category.__name__}: {w.message}" for w in caught})
    return record


class Watch:
    """Tells wall and CPU seconds: the latter are right on a machine that others use too."""

    def __init__(self):
        self._read = np.zeros(2)
        self.lap()

    def lap(self):
        """Return the seconds of both clocks since the last call."""
        before = self._read
        self._read = np.array([time.perf_counter(), time.process_time()])
        return self._read - before


def run_stages(stages, options, store, write_report):
    """Run fits stage by stage, write the results; return the exit status.

    Parameters
    ----------
    stages : iterable of callables
        Each returns the fits that it adds, as joblib's delayed calls; it is called when
        those before it are done.
    options : argparse.Namespace
        `jobs` and `output`.
    store : Store
        Keeps each result when it is there.
    write_report : callable
        Returns the report on what the store wrote.
    """
    if store.n_dropped:
        say(
            f"the {store.n_dropped} results in {options.output.name} were measured with "
            "other code or another --max-epochs: all is measured again."
        )
    start = time.perf_counter()
    interrupted = False
    try:
        for stage in stages:
            _run_side_by_side(stage(), options.jobs, store, start)
    except KeyboardInterrupt:
        interrupted = True
        say("interrupted: --resume goes on from here.")
    report = write_report(store.write(time.perf_counter() - start))
    options.output.with_suffix(".md").write_text(report)
    print(report)
    say(f"written to {options.output} and {options.output.with_suffix('.md')}")
    if interrupted:
        return 130
    return 1 if any("error" in r for r in store.records) else 0


def _run_side_by_side(calls, n_jobs, store, start):
    say(f"{len(calls)} fits to do, {len(store.records)} are there.")
    parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    for number, record in enumerate(parallel(calls), start=1):
        seconds = time.perf_counter() - start
        if "traceback" in record:
            say(record.pop("traceback"))
        store.add(record, seconds)
        minutes, rest = divmod(int(seconds), 60)
        say(f"[{number}/{len(calls)}] {minutes:02d}:{rest:02d} {_describe(record)}")


def _describe(record):
    """Return a record in one line."""
    name = f"{record['row']} {record['model']} seed {record['seed']}"
    if "error" in record:
        return f"{name}: failed, {record['error']}"
    text = (
        f"{name}: {record['metric']} {record['score']:.4f} in {record['fit_seconds']:.1f} s"
    )
    for key, what in (("n_iter", "epochs"), ("n_updates", "updates")):
        if key in record:
            text += f", {record[key]:,} {what}"
    return text


def say(text):
    """Report progress: results go to standard output, this does not."""
    print(text, file=sys.stderr, flush=True)

"""Run a grid of fits, row x model x seed: command line, order, processes, results."""

import argparse
import itertools
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

import skseq
from skseq.exceptions import InterruptedFitWarning

from .files import DATA, RESULTS, Store, say, write_report


@dataclass(frozen=True)
class Grid:
    """A benchmark of many fits."""

    # Name of its folder and its results; help of the command line.
    name: str
    doc: str
    rows: tuple
    # Models that depend on a seed; the others are measured once.
    seeded: tuple
    # load(row_name, folder) reads the data of a row, or raises FileNotFoundError.
    load: Callable
    # measure(row, model, seed, data, max_epochs, settings) returns what is recorded.
    measure: Callable
    # report(rows, content) returns the report.
    report: Callable
    # Followers are given the record of the pattern's fit with the same seed, as settings.
    pattern: str | None = None
    followers: tuple = ()
    # Models that are measured even if --models does not name them.
    always: tuple = ()
    # Models that are measured with the first seed only, unless --models names them.
    costly: tuple = ()
    # draw(rows, content, path) writes a picture of the results, or nothing.
    draw: Callable | None = None


def run_grid(grid, arguments=None):
    """Measure what the command line asks for; return the exit status."""
    options = parse_options(grid, arguments)
    store = Store(options.output, grid.name, options.resume, options.max_epochs)
    start = time.perf_counter()
    status = 0
    try:
        # Late rows come last. Followers need the records of their pattern first.
        for stage in itertools.product((False, True), repeat=2):
            fits = list(plan_fits(grid, options, store, stage))
            parallel = Parallel(n_jobs=options.jobs, return_as="generator_unordered")
            for number, record in enumerate(parallel(fits), start=1):
                seconds = time.perf_counter() - start
                say(f"[{number}/{len(fits)}] {seconds / 60:.1f} min, {summarize(record)}")
                store.write(seconds, record)
    except KeyboardInterrupt:
        status = 130
        say("Interrupted: --resume continues from here.")
    content = store.write(time.perf_counter() - start)
    if grid.draw is not None:
        grid.draw(grid.rows, content, options.output.with_suffix(".png"))
    write_report(options.output, grid.report(grid.rows, content))
    return status or int(any("error" in r for r in store.records))


def parse_options(grid, arguments):
    """Read the command line."""
    names = [row.name for row in grid.rows]
    models = list(dict.fromkeys(m for row in grid.rows for m in row.all_models))
    parser = argparse.ArgumentParser(
        description=grid.doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def add(name, text, **more):
        parser.add_argument(name, help=text, **more)

    many = {"nargs": "+", "metavar": "NAME"}
    add("--rows", f"rows, of: {', '.join(names)}", choices=names, default=names, **many)
    add("--skip", "rows to leave out", choices=names, default=[], **many)
    text = f"models (default: those of each row), of: {', '.join(models)}"
    add("--models", text, choices=models, **many)
    add("--long", "also measure the slow models that no goal needs", action="store_true")
    text = f"fits of each cell (default: {' or '.join(map(str, _list_seeds(grid)))})"
    add("--seeds", text, type=int)
    add("--jobs", "fits at a time, one thread each (default: 2)", type=int, default=2)
    add("--data", "folder of data files (default: %(default)s)", type=Path, default=DATA)
    text = f"result file (default: benchmarks/results/{grid.name}.json, or -partial.json)"
    add("--output", text, type=Path)
    add("--resume", "keep the results that --output holds", action="store_true")
    add("--max-epochs", "epochs of each fit, for a smoke test", type=int)
    options = parser.parse_args(arguments)
    options.rows = [name for name in options.rows if name not in options.skip]
    if options.seeds is not None and options.seeds < 1:
        parser.error(f"--seeds must be at least 1, got {options.seeds}")
    if options.output is None:
        # A part of the table must not overwrite the table.
        is_whole = set(options.rows) == set(names) and options.models is None
        has_seeds = options.seeds is None or options.seeds >= max(_list_seeds(grid))
        is_table = is_whole and has_seeds and options.max_epochs is None
        options.output = RESULTS / f"{grid.name}{'' if is_table else '-partial'}.json"
    return options


def _list_seeds(grid):
    """Return the numbers of fits of the rows, without repetition."""
    return sorted({row.seeds for row in grid.rows})


def plan_fits(grid, options, store, stage):
    """Yield the fits of a stage (late, follows) that have no record yet.

    Seed by seed, so that an interrupted run leaves a table with fewer seeds; and the
    larger rows, which stand further down, first, so that no process waits long at the end.
    """
    rows = [row for row in reversed(grid.rows) if row.name in options.rows]
    n_seeds = options.seeds or max(_list_seeds(grid))
    for seed, row in itertools.product(range(n_seeds), rows):
        if seed >= (options.seeds or row.seeds):
            continue
        models = row.all_models if options.long or options.models else row.models
        for model in models:
            follows = model in grid.followers
            if (
                (row.late, follows) != stage
                or (options.models and model not in (*options.models, *grid.always))
                or (seed and model not in grid.seeded)
                or (seed and model in grid.costly and not options.models)
                or store.find(row.name, model, seed)
            ):
                continue
            settings = store.find(row.name, grid.pattern, seed) if follows else None
            if follows and "score" not in (settings or {}):
                say(f"{row.name} {model} is left out: it needs a fit of {grid.pattern}.")
                continue
            yield delayed(run_fit)(
                grid.load, grid.measure, row, model, seed, options, settings
            )


def run_fit(load, measure, row, model, seed, options, settings):
    """Return the record of one fit on one thread.

    It has a "score", or the reason why something is "absent", or the "error" of a failure.
    """
    record = {"row": row.name, "model": model, "seed": seed, "metric": row.metric}
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            # A fit that was cut short is not a result.
            warnings.simplefilter("error", InterruptedFitWarning)
            warm_up()
            data = load(row.name, str(options.data))
            record |= measure(row, model, seed, data, options.max_epochs, settings)
    except (FileNotFoundError, ImportError) as error:
        hint = ": pip install 'skseq[bench]'." if isinstance(error, ImportError) else ""
        return record | {"absent": f"{error}{hint}"}
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        return record | {"error": message, "traceback": traceback.format_exc()}
    record["warnings"] = sorted({f"{w.category.__name__}: {w.message}" for w in caught})
    return record


def summarize(record):
    """Return a record as text; remove the traceback from it."""
    text = f"{record['row']} {record['model']} seed {record['seed']}: "
    if "absent" in record:
        return text + f"left out. {record['absent']}"
    if "error" in record:
        return text + f"failed. {record['error']}\n{record.pop('traceback')}"
    score, seconds = record["score"], record["fit_seconds"]
    return text + f"{record['metric']} {score:.4f} in {seconds:.1f} s"


@cache
def warm_up():
    """Fit a small model, so that the time of loading libraries is not measured."""
    skseq.GRURegressor(max_epochs=1).fit(np.zeros((4, 3, 1)), np.arange(4.0))


def read_clocks():
    """Return wall and CPU seconds; only the latter are valid if other programs run."""
    return np.array([time.perf_counter(), time.process_time()])

"""How good the estimators are with their defaults, on data sets with known figures.

    python benchmarks/accuracy.py                    # the whole table
    python benchmarks/accuracy.py --rows gunpoint --estimators GRU --seeds 1
    python benchmarks/accuracy.py --resume           # go on after an interruption

See benchmarks/README.md for the protocol of each row.
"""

import argparse
import itertools
import sys
import time
from pathlib import Path

from data import MissingDataError, default_folder, load_problem
from fits import run_fit
from joblib import Parallel, delayed
from report import write_report
from rows import ARCHITECTURES, BASELINES, BY_NAME, ROWS
from store import Store

RESULTS = Path(__file__).parent / "results"


def main(arguments=None):
    """Run what the command line asks for; return the exit status."""
    options = parse_options(arguments)
    rows, absent = find_rows(options.rows, options.data)
    store = Store(options.output, resume=options.resume, max_epochs=options.max_epochs)
    if store.n_dropped:
        say(
            f"the {store.n_dropped} results in {options.output.name} were measured with "
            "other code or another --max-epochs: all is measured again."
        )
    fits = [fit for fit in plan_fits(rows, options) if not store.has(*fit)]
    say(f"{len(fits)} fits to do, {len(store.records)} kept from before.")
    start = time.perf_counter()
    interrupted = False
    try:
        run_all(fits, options, store, start)
    except KeyboardInterrupt:
        interrupted = True
        say("interrupted: --resume goes on from here.")
    content = store.write(time.perf_counter() - start)
    report = write_report(content, absent)
    options.output.with_suffix(".md").write_text(report)
    print(report)
    say(f"written to {options.output} and {options.output.with_suffix('.md')}")
    if interrupted:
        return 130
    return 1 if any("error" in r for r in store.records) else 0


def parse_options(arguments):
    """Read the command line."""
    models = (*ARCHITECTURES, *BASELINES)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", nargs="+", choices=BY_NAME, default=list(BY_NAME), metavar="ROW",
        help=f"data sets, of: {', '.join(BY_NAME)}")  # fmt: skip
    add("--skip", nargs="+", choices=BY_NAME, default=[], metavar="ROW",
        help="data sets to leave out")  # fmt: skip
    add("--estimators", nargs="+", choices=models, default=list(models), metavar="NAME",
        help=f"architectures and baselines, of: {', '.join(models)}")  # fmt: skip
    add("--seeds", type=int, default=3, help="fits of each cell (default: 3)")
    add("--jobs", type=int, default=2, help="fits at a time, one thread each (default: 2)")
    add("--data", type=Path, default=default_folder(), metavar="FOLDER",
        help="where cmapss/ lies (default: $SKSEQ_BENCH_DATA, or %(default)s)")  # fmt: skip
    add("--output", type=Path, metavar="FILE.json",
        help="where results go, a .md beside it (default: benchmarks/results/accuracy.json, "
        "or accuracy-partial.json if anything above is not at its default)")  # fmt: skip
    add("--resume", action="store_true", help="keep what --output holds already")
    add("--max-epochs", type=int, metavar="N", help="a smoke test: epochs of each fit")
    options = parser.parse_args(arguments)
    options.rows = [name for name in options.rows if name not in options.skip]
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1, got {options.seeds}")
    if not options.rows:
        parser.error("--skip leaves no row to measure")
    if options.output is None:
        # A quick look must not overwrite the table.
        whole = set(options.rows) == set(BY_NAME) and set(options.estimators) == set(models)
        is_table = whole and options.seeds >= 3 and options.max_epochs is None
        options.output = RESULTS / (
            "accuracy.json" if is_table else "accuracy-partial.json"
        )
    return options


def find_rows(names, folder):
    """Return the rows whose data are there, and why the others are not."""
    rows, absent = [], {}
    for row in ROWS:
        if row.name not in names:
            continue
        try:
            load_problem(row.name, str(folder))
        except MissingDataError as error:
            absent[row.name] = str(error)
            say(f"{row.name} is left out: {error}")
        else:
            rows.append(row)
    return rows, absent


def plan_fits(rows, options):
    """Return all fits, in the order in which to run them.

    Long rows come last, so that the others are there early; and seed by seed, so that an
    interrupted run shows the table with fewer seeds. Within a seed the larger rows,
    which stand further down, come first: no worker then waits long for the other.
    """
    parts = [[r for r in rows if not r.long], [r for r in rows if r.long]]
    fits = []
    for part, seed in itertools.product(parts, range(options.seeds)):
        for row in reversed(part):
            for model in options.estimators:
                if model in row.architectures:
                    fits.append((row.name, model, seed))
                elif model in row.baselines and seed == 0:
                    fits.append((row.name, model, 0))
    return fits


def run_all(fits, options, store, start):
    """Run fits side by side; keep each result when it is there."""
    parallel = Parallel(n_jobs=options.jobs, return_as="generator_unordered")
    folder = str(options.data)
    results = parallel(delayed(run_fit)(*fit, options.max_epochs, folder) for fit in fits)
    for number, record in enumerate(results, start=1):
        seconds = time.perf_counter() - start
        if "traceback" in record:
            say(record.pop("traceback"))
        store.add(record, seconds)
        minutes, rest = divmod(int(seconds), 60)
        say(f"[{number}/{len(fits)}] {minutes:02d}:{rest:02d} {describe(record)}")


def describe(record):
    """Return a record in one line."""
    name = f"{record['row']} {record['model']} seed {record['seed']}"
    if "error" in record:
        return f"{name}: failed, {record['error']}"
    text = (
        f"{name}: {record['metric']} {record['score']:.4f} in {record['fit_seconds']:.1f} s"
    )
    if "n_iter" in record:
        text += f", {record['n_iter']} epochs, {record['n_parameters']:,} parameters"
    return text


def say(text):
    """Report progress: results go to standard output, this does not."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

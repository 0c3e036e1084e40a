"""How good the forecasters are with their defaults, next to other packages.

    python benchmarks/forecasting.py                    # the whole table
    python benchmarks/forecasting.py --rows airline --models GRU AutoETS --seeds 1
    python benchmarks/forecasting.py --resume           # go on after an interruption

See benchmarks/README.md for the protocol of each row.
"""

import argparse
import sys

from data import MissingDataError
from joblib import delayed
from peers import find_absent_peers
from running import add_run_options, check_run_options, run_stages, say
from series_data import load_splits
from series_fits import run_fit
from series_report import write_report
from series_rows import BY_NAME, MODELS, NETWORK_PEERS, NETWORKS, PATTERN, ROWS
from store import Store

# Scores depend on these files as well.
SOURCES = ("series_data.py", "series_errors.py", "series_fits.py", "peers.py")


def main(arguments=None):
    """Run what the command line asks for; return the exit status."""
    options = parse_options(arguments)
    rows, absent = find_rows(options)
    absent |= find_absent_peers({m for row in rows for m in choose_models(row, options)})
    for name, reason in absent.items():
        say(f"{name} is left out: {reason}")
    store = Store(
        options.output, SOURCES, resume=options.resume, max_epochs=options.max_epochs
    )

    def plan(*, with_pattern):
        fits = plan_fits(rows, options, absent, with_pattern=with_pattern)
        calls = []
        for row, model, seed in fits:
            if store.has(row, model, seed):
                continue
            settings = store.find(row, PATTERN, seed) if with_pattern else None
            if with_pattern and settings is None:
                say(f"{row} {model} is left out: it needs the settings of {PATTERN}.")
                continue
            common = options.max_epochs, str(options.data), settings
            calls.append(delayed(run_fit)(row, model, seed, *common))
        return calls

    # Networks of other packages are given the settings of ours, which must be there first.
    stages = [lambda: plan(with_pattern=False), lambda: plan(with_pattern=True)]
    return run_stages(stages, options, store, lambda content: write_report(content, absent))


def parse_options(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", nargs="+", choices=BY_NAME, default=list(BY_NAME), metavar="ROW",
        help=f"data sets, of: {', '.join(BY_NAME)}")  # fmt: skip
    add("--skip", nargs="+", choices=BY_NAME, default=[], metavar="ROW",
        help="data sets to leave out")  # fmt: skip
    add("--models", nargs="+", choices=MODELS, metavar="NAME",
        help=f"forecasters, of: {', '.join(MODELS)} (default: those of each row)")  # fmt: skip
    add("--long", action="store_true",
        help="measure what takes long and no goal needs as well: AutoARIMA, and all "
        "architectures on all rows of ETTh1")  # fmt: skip
    add_run_options(parser, "forecasting")
    options = parser.parse_args(arguments)
    options.rows = [name for name in options.rows if name not in options.skip]
    whole = set(options.rows) == set(BY_NAME) and options.models is None
    check_run_options(parser, options, "forecasting", is_whole=whole)
    return options


def find_rows(options):
    """Return the rows whose data are there, and why the others are not."""
    rows, absent = [], {}
    for row in ROWS:
        if row.name not in options.rows or not choose_models(row, options):
            continue
        try:
            load_splits(row.name, str(options.data))
        except MissingDataError as error:
            absent[row.name] = str(error)
        else:
            rows.append(row)
    return rows, absent


def choose_models(row, options):
    """Return the models to measure on a row."""
    if options.models is not None:
        return [model for model in row.all_models if model in options.models]
    return row.all_models if options.long else row.models


def plan_fits(rows, options, absent, *, with_pattern):
    """Return fits in the order in which to run them.

    Seed by seed, so that an interrupted run shows the table with fewer seeds; the larger
    rows, which stand further down, first: no worker then waits long for the other.
    Networks of other packages (`with_pattern`) are a plan of their own.
    """
    return [
        (row.name, model, seed)
        for seed in range(options.seeds)
        for row in reversed(rows)
        for model in choose_models(row, options)
        if model not in absent
        and (model in NETWORK_PEERS) == with_pattern
        and (seed == 0 or model in NETWORKS or model in NETWORK_PEERS)
    ]


if __name__ == "__main__":
    sys.exit(main())

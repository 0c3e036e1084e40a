"""How good the estimators are with their defaults, on data sets with known figures.

    python benchmarks/accuracy.py                    # the whole table
    python benchmarks/accuracy.py --rows gunpoint --estimators GRU --seeds 1
    python benchmarks/accuracy.py --resume           # go on after an interruption

See benchmarks/README.md for the protocol of each row.
"""

import argparse
import itertools
import sys

from data import MissingDataError, load_problem
from fits import run_fit
from joblib import delayed
from report import write_report
from rows import ARCHITECTURES, BASELINES, BY_NAME, ROWS
from running import add_run_options, check_run_options, run_stages, say
from store import Store

# Scores depend on these files as well.
SOURCES = ("data.py", "fits.py")


def main(arguments=None):
    """Run what the command line asks for; return the exit status."""
    options = parse_options(arguments)
    rows, absent = find_rows(options.rows, options.data)
    store = Store(
        options.output, SOURCES, resume=options.resume, max_epochs=options.max_epochs
    )

    def plan():
        fits = [fit for fit in plan_fits(rows, options) if not store.has(*fit)]
        common = options.max_epochs, str(options.data)
        return [delayed(run_fit)(*fit, *common) for fit in fits]

    return run_stages([plan], options, store, lambda content: write_report(content, absent))


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
    add_run_options(parser, "accuracy")
    options = parser.parse_args(arguments)
    options.rows = [name for name in options.rows if name not in options.skip]
    whole = set(options.rows) == set(BY_NAME) and set(options.estimators) == set(models)
    check_run_options(parser, options, "accuracy", is_whole=whole)
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


if __name__ == "__main__":
    sys.exit(main())

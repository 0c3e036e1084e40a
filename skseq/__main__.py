"""The demonstration: `python -m skseq`."""

import argparse
import importlib.util
import sys
import time
from pathlib import Path

from joblib import cpu_count

import skseq
from skseq.demo import jobs, report, studies

# A process holds about half a gigabyte; more than this many gain little.
MOST_PROCESSES = 4


def main(arguments=None):
    """Run the demonstration.

    Parameters
    ----------
    arguments : list of str, default=None
        Of the command line; by default the process's own.

    Returns
    -------
    int
        Exit status: 0, or 130 if the user interrupted.
    """
    options = _parse(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    try:
        _demonstrate(options.output, quick=options.quick, n_jobs=options.jobs)
    except KeyboardInterrupt:
        print("\nInterrupted; nothing was written.", file=sys.stderr)
        return 130
    return 0


def _demonstrate(folder, *, quick, n_jobs):
    start = time.perf_counter()
    print(
        f"skseq {skseq.__version__}: sequence models as scikit-learn estimators", flush=True
    )
    folder.mkdir(parents=True, exist_ok=True)
    vowels, weather = studies.study_vowels(quick), studies.study_weather(quick)
    jobs.run_all(jobs.plan(vowels) + jobs.plan(weather), n_jobs)
    for study in (vowels, weather):
        print("\n" + report.write_table(study))
    print()
    if importlib.util.find_spec("matplotlib"):
        from skseq.demo.figures import draw_all

        for path in draw_all(vowels, weather, folder):
            print(f"Written: {path}")
    else:
        print("No figures: they need matplotlib, pip install 'skseq[plot]'.")
    duration = report.write_duration(time.perf_counter() - start)
    print(f"Done in {duration}, with {n_jobs} process{'es' * (n_jobs != 1)}.")


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m skseq",
        description="Train every estimator of skseq on two real data sets, through "
        "scikit-learn's pipelines, cross-validation and grid search.",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("output"),
        metavar="DIR",
        help="where the figures go (default: output)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="few epochs: only to see that it works"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=min(MOST_PROCESSES, cpu_count()),
        metavar="N",
        help="processes to work with (default: one for each core, at most 4)",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

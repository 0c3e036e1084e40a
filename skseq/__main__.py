"""Command line of the demonstration: `python -m skseq`."""

import argparse
import importlib.util
import sys
import time
from pathlib import Path

from joblib import cpu_count

import skseq
from skseq.demo import jobs, report, studies

# A process uses about half a gigabyte, and more processes save little time.
MAX_PROCESSES = 4


def main(arguments=None):
    """Run the demonstration and return the exit status.

    The status is 0, or 130 after Ctrl-C. `arguments` are by default those of the process.
    """
    options = _parse(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    try:
        _demonstrate(options.output, quick=options.quick, n_jobs=options.jobs)
    except KeyboardInterrupt:
        print("\nInterrupted. No figures were written.", file=sys.stderr)
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
    print(f"\n{studies.find_new_speaker(quick)}\n")
    if importlib.util.find_spec("matplotlib"):
        from skseq.demo.figures import draw_all

        for path in draw_all(vowels, weather, folder):
            print(f"Wrote {path}")
    else:
        print("No figures were written. They need matplotlib: pip install 'skseq[plot]'.")
    duration = report.write_duration(time.perf_counter() - start)
    print(f"Finished in {duration} with {n_jobs} process{'es' * (n_jobs != 1)}.")


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m skseq",
        description="Train all classifiers and regressors of skseq on two real data sets, "
        "with scikit-learn's pipelines, cross-validation and grid search, and an outlier "
        "detector.",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("output"),
        metavar="DIR",
        help="folder for the figures (default: output)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="train for few epochs, as a quick check"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=min(MAX_PROCESSES, cpu_count()),
        metavar="N",
        help="number of processes (default: number of cores, at most 4)",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

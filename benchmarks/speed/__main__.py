"""Speed of the estimators, compared with bare torch loops and other packages.

    python -m benchmarks.speed                      # everything
    python -m benchmarks.speed --only LSTM --repeats 3
    python -m benchmarks.speed --list

Both sides of a comparison run alternately in this process. The result is the ratio of the
medians. Nothing else should run on the machine.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import torch

from ..engine.files import RESULTS, Store, say, write_report
from ..engine.peers import keep_quiet
from .checks import compare_training
from .comparisons import PREPARE, read_comparisons
from .extras import (
    find_slopes,
    fit_in_memory,
    fit_on_disk,
    measure_memory,
    time_call,
    time_growth,
    time_imports,
    time_together,
)
from .report import draw_ratios, make_report

EXTRAS = ("memory", "growth", "import", "together")
LIBRARIES = "sklearn, pandas, torch"
# Also the modules that estimators inherit from, as a lower bound.
IMPORTS = ["skseq", LIBRARIES, f"{LIBRARIES}, skorch, sklearn.callback"]


def main(arguments=None):
    """Measure what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    text = "measure only comparisons whose description has one of these texts"
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT", help=text)
    text = "runs of each side (default: %(default)s)"
    parser.add_argument("--repeats", type=int, default=5, help=text)
    parser.add_argument("--list", action="store_true", help="print what would be measured")
    text = "result file (default: benchmarks/results/speed.json, or speed-partial.json)"
    parser.add_argument("--output", type=Path, help=text)
    options = parser.parse_args(arguments)
    if options.repeats < 1:
        parser.error(f"--repeats must be at least 1, got {options.repeats}")
    if options.output is None:
        options.output = RESULTS / f"speed{'-partial' if options.only else ''}.json"

    def is_wanted(text):
        return not options.only or any(part in text for part in options.only)

    wanted = [c for c in read_comparisons() if is_wanted(str(c))]
    extras = [name for name in EXTRAS if is_wanted(name)]
    if options.list:
        print("\n".join([*map(str, wanted), *extras]))
        return 0
    store = Store(options.output, "speed")
    store.write(0.0, threads=torch.get_num_threads())
    start = time.perf_counter()
    for number, comparison in enumerate(wanted, start=1):
        record = run_comparison(comparison, options.repeats)
        store.write(time.perf_counter() - start, record)
        found = {key: value for key, value in record.items() if key not in COMMON}
        say(f"[{number}/{len(wanted)}] {comparison}: {found}")
    more = {}
    if "import" in extras:
        more["import"] = time_imports(IMPORTS, 15)
    if "growth" in extras:
        more["growth"] = time_growth(say)
        more["slopes"] = find_slopes(more["growth"])
    if "memory" in extras:
        more["memory"] = measure_memory(fit_in_memory, 100_000, 100, 8)
        more["disk"] = measure_memory(fit_on_disk, 1_000_000, 50, 8)
    if "together" in extras:
        more["together"] = time_together()
    content = store.write(time.perf_counter() - start, **more)
    write_report(options.output, make_report(content))
    draw_ratios(content, options.output.with_suffix(".png"))
    return int(any("error" in r for r in store.records))


COMMON = ("path", "name", "against", "limit", "seconds")


def run_comparison(comparison, repeats):
    """Return a record of the seconds of both sides."""
    record = {name: getattr(comparison, name) for name in COMMON[:-1]}
    try:
        # With dropout, each side draws its own.
        if comparison.kind == "loop" and not comparison.workload.dropout:
            record["difference"] = compare_training(comparison.workload)
        with keep_quiet():
            sides = [side for side in PREPARE[comparison.kind](comparison) if side]
            for side in sides:  # the first run warms up
                side()
            seconds = [[time_call(side) for side in sides] for _ in range(repeats)]
    except ImportError as error:
        return record | {"absent": str(error)}
    except Exception as error:
        return record | {"error": f"{type(error).__name__}: {error}"}
    seconds = list(zip(*seconds, strict=True))
    ours, theirs, *floor = (statistics.median(found) for found in seconds)
    result = {"seconds": seconds, "ours": ours, "theirs": theirs, "ratio": ours / theirs}
    return record | result | ({"floor": floor[0] / theirs} if floor else {})


if __name__ == "__main__":
    sys.exit(main())

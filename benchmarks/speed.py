"""How fast estimators are, next to bare torch and to other packages.

    python benchmarks/speed.py                      # everything
    python benchmarks/speed.py --only LSTM --repeats 3
    python benchmarks/speed.py --list

Both sides of a comparison run in this process in turn; what counts is the ratio of the
medians. Times on a machine that does other things mean nothing.
"""

import argparse
import importlib.util
import statistics
import sys
import time
from pathlib import Path

import torch
from peers import keep_quiet
from running import RESULTS, say
from speed_processes import measure, time_import
from speed_report import draw_ratios, write_report
from speed_rows import find_slopes, list_comparisons, time_growth
from store import describe_machine, write_json

PACKAGES = {
    "skorch": "skorch",
    "Keras 3 on TensorFlow": "tensorflow",
    "darts BlockRNNModel": "darts",
    "neuralforecast LSTM": "neuralforecast",
    "the same over skorch": "skorch",
}
EXTRAS = ("memory", "growth", "import")


def main(arguments=None):
    """Measure what the command line asks for; return the exit status."""
    options = parse_options(arguments)
    wanted = [c for c in list_comparisons() if is_wanted(describe(c), options.only)]
    extras = [name for name in EXTRAS if is_wanted(name, options.only)]
    if options.list:
        print("\n".join([*(describe(c) for c in wanted), *extras]))
        return 0
    content = {"threads": torch.get_num_threads(), **describe_machine(), "records": []}
    start = time.perf_counter()
    if "import" in extras:
        content["import"] = measure_import()
    for number, comparison in enumerate(wanted, start=1):
        record = measure_comparison(comparison, options.repeats)
        content["records"].append(record)
        say(f"[{number}/{len(wanted)}] {summarise(record)}")
    if "growth" in extras:
        content["growth"] = time_growth(say)
        content["slopes"] = [[*k, v] for k, v in find_slopes(content["growth"]).items()]
    if "memory" in extras:
        content["memory"] = measure("memory", 100_000, 100, 8)
        content["disk"] = measure("disk", 1_000_000, 50, 8)
    content["wall_seconds"] = time.perf_counter() - start
    write_json(options.output, content)
    report = write_report(content)
    options.output.with_suffix(".md").write_text(report)
    draw_ratios(content, options.output.with_suffix(".png"))
    print(report)
    say(f"written to {options.output}, .md and .png beside it")
    return 1 if any("error" in r for r in content["records"]) else 0


def parse_options(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", nargs="+", default=[], metavar="TEXT",
        help="measure only what has one of these texts in its description")  # fmt: skip
    add("--repeats", type=int, default=5, help="runs of each side (default: 5)")
    add("--list", action="store_true", help="say what would be measured")
    add("--output", type=Path, metavar="FILE.json",
        help="where results go (default: benchmarks/results/speed.json, or "
        "speed-partial.json with --only)")  # fmt: skip
    options = parser.parse_args(arguments)
    if options.repeats < 1:
        parser.error(f"--repeats must be at least 1, got {options.repeats}")
    if options.output is None:
        options.output = RESULTS / f"speed{'-partial' if options.only else ''}.json"
    return options


def describe(comparison):
    """Return a comparison in one line."""
    return f"{comparison.path}: {comparison.name}, against {comparison.against}"


def is_wanted(text, only):
    """Return whether a text holds one of those that were asked for."""
    return not only or any(part in text for part in only)


def measure_import():
    """Return seconds to import skseq, and what it stands on.

    The third is a floor: of `skorch` and `sklearn.callback` our estimators inherit.
    """
    libraries = "sklearn, pandas, torch"
    return time_import(["skseq", libraries, f"{libraries}, skorch, sklearn.callback"], 15)


def measure_comparison(comparison, repeats):
    """Return a record of both sides' seconds."""
    record = {
        "path": comparison.path,
        "name": comparison.name,
        "against": comparison.against,
        "limit": comparison.limit,
    }
    package = PACKAGES.get(comparison.against)
    if package and importlib.util.find_spec(package) is None:
        return record | {"absent": f"{package} is not installed"}
    try:
        if comparison.check is not None:
            record["difference"] = comparison.check()
        with keep_quiet():
            sides = comparison.prepare()
            floor = comparison.prepare_floor and comparison.prepare_floor()
            if floor is not None:
                sides = (*sides, floor)
            seconds = tuple([] for _ in sides)
            for turn in range(repeats + 1):
                for side, found in zip(sides, seconds, strict=True):
                    value = time_call(side)
                    if turn:  # the first run warms up
                        found.append(value)
    except Exception as error:
        return record | {"error": f"{type(error).__name__}: {error}"}
    ours, theirs, *floor = (statistics.median(found) for found in seconds)
    return record | {
        "seconds": seconds,
        "ours": ours,
        "theirs": theirs,
        "ratio": ours / theirs,
        **({"floor": floor[0] / theirs} if floor else {}),
    }


def time_call(function):
    """Return the seconds that a call takes, or that it says it took."""
    start = time.perf_counter()
    told = function()
    return time.perf_counter() - start if told is None else told


def summarise(record):
    """Return a record in one line."""
    name = f"{record['path']}: {record['name']}, against {record['against']}"
    for key in ("absent", "error"):
        if key in record:
            return f"{name}: {key}, {record[key]}"
    return (
        f"{name}: {record['ours']:.3f} s / {record['theirs']:.3f} s = {record['ratio']:.2f} "
        f"(at most {record['limit']})"
    )


if __name__ == "__main__":
    sys.exit(main())

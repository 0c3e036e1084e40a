"""VUS-PR of anomaly detectors without one part of their score at a time.

python -m benchmarks.anomalies.ablation                       # GRU, ridge and level
python -m benchmarks.anomalies.ablation --models Ridge Level  # seconds

The table is printed. All variants of a row except `horizon=1` use the same fit.
"""

import argparse
from copy import copy
from pathlib import Path

import numpy as np
import torch

import skseq

from ..engine.files import DATA
from ..engine.tables import write_table
from .data import load_problem
from .volumes import find_length, measure_volumes

ROWS = {"nab": "NAB, ten series", "ucr24": "UCR 135"}
MODELS = ("RNN", "LSTM", "GRU", "Transformer", "Ridge", "Level")


def main(arguments=None):
    """Measure what the command line asks for, and print the table."""
    options = parse_options(arguments)
    torch.set_num_threads(1)
    variants = ["default", *CHANGES, "horizon=1"]
    lines = []
    for row in options.rows:
        problems = load_problem(row, str(options.data))
        for model in options.models:
            found = [measure(model, part, options.seed) for part in problems]
            means = [np.mean([scores[name] for scores in found]) for name in variants]
            lines.append([ROWS[row], model, *(f"{mean:.3f}" for mean in means)])
            print(" ".join(lines[-1]), flush=True)
    print(write_table([["data", "model", *variants], *lines]))


def parse_options(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    models = ["GRU", "Ridge", "Level"]
    parser.add_argument("--models", nargs="+", choices=MODELS, default=models)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=DATA)
    return parser.parse_args(arguments)


def measure(model, problem, seed):
    """Return VUS-PR of each variant of a detector on one series."""
    cls = getattr(skseq, f"{model}AnomalyDetector")
    names = cls().get_params()
    seeded = {"random_state": seed} if "random_state" in names else {}
    detector = cls(**seeded).fit(problem.X_train)
    detectors = {"default": detector}
    for name, change in CHANGES.items():
        detectors[name] = copy(detector)
        change(detectors[name])
    detectors["horizon=1"] = detector
    if "horizon" in names:
        detectors["horizon=1"] = cls(horizon=1, **seeded).fit(problem.X_train)
    length = find_length(problem.X_test[:, 0])
    scores = {name: d.score_samples(problem.X_test) for name, d in detectors.items()}
    return {
        name: measure_volumes(problem.is_outlier, -values, length)[0]
        for name, values in scores.items()
    }


def score_single_rows(detector):
    """Do not average errors over neighboring rows."""
    detector.smoothing_ = 1


def score_causally(detector):
    """Average errors over earlier rows only."""
    detector.center = False


def equalize_units(detector):
    """Do not divide errors by their usual size on held-out rows.

    The unit of all errors is then the interquartile range of the channel.
    """
    for name in ("usual_errors_", "usual_levels_"):
        if hasattr(detector, name):
            setattr(detector, name, np.ones_like(getattr(detector, name)))


CHANGES = {
    "smoothing=1": score_single_rows,
    "center=False": score_causally,
    "equal units": equalize_units,
}

if __name__ == "__main__":
    main()

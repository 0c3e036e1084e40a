"""Anomalies in series and outliers among sequences, with default parameters.

python -m benchmarks.anomalies                   # the whole table
python -m benchmarks.anomalies --rows nab --models LSTM --seeds 1
python -m benchmarks.anomalies --resume          # continue after an interruption

The baselines are always measured, also if --models does not name them.
"""

import sys
from pathlib import Path

from ..engine.grid import Grid, run_grid
from ..engine.rows import ARCHITECTURES, read_rows
from .data import load_problem
from .fits import measure
from .models import BASELINES
from .report import make_report

ROWS = read_rows(Path(__file__).with_name("rows.toml"))
GRID = Grid(
    "anomalies",
    __doc__,
    ROWS,
    seeded=(*ARCHITECTURES, "random", "isolation forest"),
    load=load_problem,
    measure=measure,
    report=make_report,
    always=tuple(BASELINES),
)

if __name__ == "__main__":
    sys.exit(run_grid(GRID))

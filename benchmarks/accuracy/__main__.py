"""Accuracy of the estimators with default parameters, on data sets with published results.

python -m benchmarks.accuracy                    # the whole table
python -m benchmarks.accuracy --rows gunpoint --models GRU --seeds 1
python -m benchmarks.accuracy --resume           # continue after an interruption
"""

import sys
from pathlib import Path

from ..engine.grid import Grid, run_grid
from ..engine.rows import ARCHITECTURES, read_rows
from .data import load_problem
from .fits import measure
from .report import make_report

ROWS = read_rows(Path(__file__).with_name("rows.toml"))
GRID = Grid("accuracy", __doc__, ROWS, ARCHITECTURES, load_problem, measure, make_report)

if __name__ == "__main__":
    sys.exit(run_grid(GRID))

"""Accuracy of the estimators with default parameters, on data sets with published results.

python -m benchmarks.accuracy                    # the whole table
python -m benchmarks.accuracy --rows gunpoint --models GRU --seeds 1
python -m benchmarks.accuracy --rows gunpoint --models "GRU x5" Inception --seeds 1
python -m benchmarks.accuracy --resume           # continue after an interruption
"""

import sys
from pathlib import Path

from ..engine.grid import Grid, run_grid
from ..engine.rows import read_rows
from .data import load_problem
from .fits import measure
from .models import COSTLY, SEEDED
from .ranks import draw_ranks
from .report import make_report

ROWS = read_rows(Path(__file__).with_name("rows.toml"))
GRID = Grid(
    *("accuracy", __doc__, ROWS, SEEDED, load_problem, measure, make_report),
    costly=COSTLY,
    draw=draw_ranks,
)

if __name__ == "__main__":
    sys.exit(run_grid(GRID))

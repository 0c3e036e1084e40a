"""Labels for every step, and labels of texts, with default parameters, beside other packages.

python -m benchmarks.labelling                   # the whole table
python -m benchmarks.labelling --rows brown --models LSTM CRFsuite --seeds 1
python -m benchmarks.labelling --resume          # continue after an interruption
"""

import sys
from pathlib import Path

from ..engine.grid import Grid, run_grid
from ..engine.rows import read_rows
from .data import load_problem
from .fits import measure
from .models import NETWORKS
from .report import make_report

ROWS = read_rows(Path(__file__).with_name("rows.toml"))
GRID = Grid("labelling", __doc__, ROWS, NETWORKS, load_problem, measure, make_report)

if __name__ == "__main__":
    sys.exit(run_grid(GRID))

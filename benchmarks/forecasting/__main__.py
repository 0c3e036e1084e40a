"""Errors of the forecasters with default parameters, compared with other packages.

python -m benchmarks.forecasting                    # the whole table
python -m benchmarks.forecasting --rows airline --models GRU AutoETS --seeds 1
python -m benchmarks.forecasting --resume           # continue after an interruption
"""

import sys

from ..engine.grid import Grid, run_grid
from .data import load_splits
from .fits import measure
from .models import NETWORK_PEERS, NETWORKS, PATTERN, ROWS
from .report import make_report

SEEDED, FUNCTIONS = (*NETWORKS, *NETWORK_PEERS), (load_splits, measure, make_report)
GRID = Grid("forecasting", __doc__, ROWS, SEEDED, *FUNCTIONS, PATTERN, NETWORK_PEERS)

if __name__ == "__main__":
    sys.exit(run_grid(GRID))

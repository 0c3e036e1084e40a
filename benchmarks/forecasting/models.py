"""The rows of the table of forecasts, and groups of its models."""

from pathlib import Path

from ..engine.rows import ARCHITECTURES, read_rows

ROWS = read_rows(Path(__file__).with_name("rows.toml"))
HORIZONS = {row.name: row.horizon for row in ROWS}
SINGLE_SERIES = ("airline", "co2", "sunspots")

# Coverage of intervals, in percent.
LEVELS = (80, 95)
# The same network with other losses, whose quantiles are used without a correction.
VARIANTS = {
    "GRU-student_t": {"loss": "student_t", "conformal": False},
    "GRU-quantile": {"loss": "quantile", "conformal": False},
}
NETWORKS = (*ARCHITECTURES, *VARIANTS)
# Baselines of the package, and the period that each repeats; None is that of the row.
BASELINES = {"SeasonalNaive": None, "SeasonalNaive-168": 168, "Naive": 1, "Drift": None}
# Models of other packages.
CLASSICAL_PEERS = ("AutoETS", "AutoARIMA")
NETWORK_PEERS = ("neuralforecast-GRU", "darts-GRU", "darts-GRU-RINorm")
PEERS = (*CLASSICAL_PEERS, *NETWORK_PEERS)
# The network whose size and budget the network peers are given.
PATTERN = "GRU"

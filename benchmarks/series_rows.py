"""The rows of the table of forecasts: what is measured, what is known, what is wanted."""

from dataclasses import dataclass, field

ARCHITECTURES = ("RNN", "LSTM", "GRU", "Transformer")

# The same network under other losses, whose quantiles are its own: no held-out errors.
VARIANTS = {
    "GRU-student_t": {"loss": "student_t", "conformal": False},
    "GRU-quantile": {"loss": "quantile", "conformal": False},
}
NETWORKS = (*ARCHITECTURES, *VARIANTS)

# Chosen on the validation part of ETTh1: all channels keep their scale there, and the mean
# squared error counts lively stretches as they are.
OF_ETT = {"unit": "series", "hidden_size": 128}

# Rules of the package, and the period that each repeats; None is that of the row.
BASELINES = {
    "SeasonalNaive": None,
    "SeasonalNaive-168": 168,
    "Naive": 1,
    "Drift": None,
}

# Other packages, by the import that each needs.
CLASSICAL_PEERS = {"AutoETS": "statsforecast", "AutoARIMA": "statsforecast"}
NETWORK_PEERS = {
    "neuralforecast-GRU": "neuralforecast",
    "darts-GRU": "darts",
    "darts-GRU-RINorm": "darts",
}
PEERS = {**CLASSICAL_PEERS, **NETWORK_PEERS}

# Whose settings the network peers are given, and who is compared with them.
PATTERN = "GRU"

MODELS = (*NETWORKS, *BASELINES, *PEERS)


@dataclass(frozen=True)
class SeriesRow:
    """One data set of the table, at one horizon."""

    name: str
    title: str
    horizon: int
    metric: str  # a key of what `measure_errors` returns
    models: tuple
    period: int | None = None
    other_errors: tuple = ()
    # Measured only if asked for: they take long, and no goal needs them.
    long_models: tuple = ()
    known: str = ""
    # What the mean of each architecture should reach: a figure, and the error of a model.
    goal: float | None = None
    to_beat: str | None = None
    # What the best of the architectures should reach.
    goal_of_best: float | None = None
    # Of our networks, where they are not the defaults.
    parameters: dict = field(default_factory=dict)

    @property
    def all_models(self):
        """All models that may be measured."""
        return self.models + self.long_models


_SINGLE = (*NETWORKS, "SeasonalNaive", "Drift", "AutoETS")

SINGLE_SERIES = ("airline", "co2", "sunspots")

ROWS = (
    SeriesRow(
        "airline",
        "Airline, monthly",
        horizon=12,
        period=12,
        metric="MASE",
        other_errors=("MAE", "sMAPE"),
        models=_SINGLE,
        long_models=("AutoARIMA",),
        to_beat="SeasonalNaive",
    ),
    SeriesRow(
        "co2",
        "CO2, monthly",
        horizon=12,
        period=12,
        metric="MASE",
        other_errors=("MAE", "sMAPE"),
        models=_SINGLE,
        long_models=("AutoARIMA",),
        to_beat="SeasonalNaive",
    ),
    SeriesRow(
        "sunspots",
        "Sunspots, yearly",
        horizon=11,
        period=11,
        metric="MASE",
        other_errors=("MAE",),
        models=_SINGLE,
        long_models=("AutoARIMA",),
        to_beat="SeasonalNaive",
    ),
    SeriesRow(
        "m1_yearly",
        "M1 yearly, 181 series",
        horizon=6,
        metric="MASE",
        other_errors=("sMAPE",),
        models=(*NETWORKS, "Naive", "Drift", "AutoETS", *NETWORK_PEERS),
    ),
    SeriesRow(
        "nyc_departures",
        "NYC departures, hourly, 3 series",
        horizon=24,
        period=24,
        metric="MAE",
        other_errors=("MASE",),
        models=(
            *NETWORKS,
            "SeasonalNaive",
            "SeasonalNaive-168",
            "neuralforecast-GRU",
            "darts-GRU",
        ),
        long_models=("darts-GRU-RINorm",),
        to_beat="SeasonalNaive",
    ),
    SeriesRow(
        "m4_weekly",
        "M4 weekly, 359 series",
        horizon=13,
        metric="OWA",
        other_errors=("sMAPE", "MASE"),
        models=(*NETWORKS, "Naive", "Drift"),
        known="Naive2 1.000, RNN 1.755, ES-RNN 0.851",
        goal=0.90,
    ),
    SeriesRow(
        "etth1_96",
        "ETTh1, 96 hours",
        horizon=96,
        period=24,
        metric="MSE",
        other_errors=("MAE",),
        models=(*NETWORKS, "SeasonalNaive", "Naive"),
        known="repeat-last 1.295, seasonal naive 0.512, Informer 0.865, Autoformer 0.449, "
        "PatchTST 0.414, iTransformer 0.386, DLinear 0.386 (context 96) and 0.375 (336), "
        "SegRNN 0.368 (96) and 0.351 (720)",
        goal=0.42,
        goal_of_best=0.358,
    ),
    SeriesRow(
        "etth1_96_units",
        "ETTh1, 96 hours, unit='series', hidden_size=128",
        horizon=96,
        period=24,
        metric="MSE",
        other_errors=("MAE",),
        models=ARCHITECTURES,
        goal=0.42,
        goal_of_best=0.358,
        parameters=OF_ETT,
    ),
    SeriesRow(
        "etth1_96_training",
        "ETTh1, 96 hours, fitted on the training rows alone",
        horizon=96,
        period=24,
        metric="MSE",
        other_errors=("MAE",),
        models=("GRU",),
        long_models=("RNN", "LSTM", "Transformer"),
    ),
    SeriesRow(
        "etth1_336",
        "ETTh1, 336 hours, unit='series', hidden_size=128",
        horizon=336,
        period=24,
        metric="MSE",
        other_errors=("MAE",),
        models=("GRU", "SeasonalNaive"),
        long_models=("RNN", "LSTM", "Transformer"),
        parameters=OF_ETT,
    ),
    SeriesRow(
        "etth1_720",
        "ETTh1, 720 hours, unit='series', hidden_size=128",
        horizon=720,
        period=24,
        metric="MSE",
        other_errors=("MAE",),
        models=("GRU", "SeasonalNaive"),
        long_models=("RNN", "LSTM", "Transformer"),
        parameters=OF_ETT,
    ),
)

BY_NAME = {row.name: row for row in ROWS}

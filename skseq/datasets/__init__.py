"""Real sequence and time series data sets, and generators of synthetic ones."""

from skseq.datasets.japanese_vowels import load_japanese_vowels
from skseq.datasets.long_memory import (
    make_adding_problem,
    make_delayed_recall,
    make_temporal_parity,
)
from skseq.datasets.panels import load_m1_yearly, load_nyc_departures
from skseq.datasets.run_to_failure import make_run_to_failure
from skseq.datasets.seattle_weather import load_seattle_weather
from skseq.datasets.single_series import load_airline, load_co2, load_sunspots

__all__ = [
    "load_airline",
    "load_co2",
    "load_japanese_vowels",
    "load_m1_yearly",
    "load_nyc_departures",
    "load_seattle_weather",
    "load_sunspots",
    "make_adding_problem",
    "make_delayed_recall",
    "make_run_to_failure",
    "make_temporal_parity",
]

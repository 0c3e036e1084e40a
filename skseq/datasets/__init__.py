"""Real sequence and time series data sets, and generators of long-memory problems."""

from skseq.datasets.airline import load_airline
from skseq.datasets.co2 import load_co2
from skseq.datasets.japanese_vowels import load_japanese_vowels
from skseq.datasets.long_memory import (
    make_adding_problem,
    make_delayed_recall,
    make_temporal_parity,
)
from skseq.datasets.m1_yearly import load_m1_yearly
from skseq.datasets.nyc_departures import load_nyc_departures
from skseq.datasets.seattle_weather import load_seattle_weather
from skseq.datasets.sunspots import load_sunspots

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
    "make_temporal_parity",
]

"""Data to try things on: two real sets, shipped with the package, and three generators."""

from skseq.datasets.japanese_vowels import load_japanese_vowels
from skseq.datasets.long_memory import (
    make_adding_problem,
    make_delayed_recall,
    make_temporal_parity,
)
from skseq.datasets.seattle_weather import load_seattle_weather

__all__ = [
    "load_japanese_vowels",
    "load_seattle_weather",
    "make_adding_problem",
    "make_delayed_recall",
    "make_temporal_parity",
]

"""Ticks of an axis of dates."""

import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from skseq.inspection.plotting import use_concise_dates


@pytest.mark.parametrize("freq", ["min", "7min", "h", "6h", "D", "W", "MS", "QS", "YS"])
@pytest.mark.parametrize("width", [3, 8])
def test_labels_of_dates_do_not_overlap(width, freq):
    figure, ax = pyplot.subplots(figsize=(width, 2), layout="constrained")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n_steps in (12, 40, 72, 120):
            ax.clear()
            use_concise_dates(ax.xaxis)
            ax.plot(
                pd.date_range("2024-01-03", periods=n_steps, freq=freq), np.ones(n_steps)
            )
            figure.draw_without_rendering()
            low, high = ax.get_xlim()
            labels = [
                label.get_window_extent()
                for label in ax.get_xticklabels()
                if low <= label.get_position()[0] <= high and label.get_text()
            ]
            assert labels
            for left, right in pairwise(labels):
                assert left.x1 < right.x0
    pyplot.close(figure)

"""Intervals after a level shift grow with the shift, not with its square."""

import numpy as np
import pandas as pd
import pytest

from skseq import GRUForecaster

from .cases import every_forecaster, make, make_index

N, AFTER = 120, 12
LOSSES = [
    "absolute_error",
    "squared_error",
    "huber",
    "quantile",
    "normal",
    "student_t",
    "negative_binomial",
]


def make_shifted(shift, n_series=1):
    """Return noise whose last steps are shifted, of one series or of the first of a panel."""
    rng = np.random.default_rng(0)
    values = 100 + rng.poisson(25, size=(n_series, N)).astype(float)
    values[0, -AFTER:] += shift
    parts = [pd.Series(row, make_index(N)) for row in values]
    return parts[0] if n_series == 1 else pd.concat(parts, keys=range(n_series))


def measure_width(forecaster, y, steps=8, first=None):
    """Return the widest 80 % interval of the next steps of the (first) series."""
    forecaster.fit(None, y[:first] if first else y)
    if first:
        forecaster.update(None, y[first:])
    rows = forecaster.forecast(steps).to_frame()[[]]
    bounds = np.asarray(forecaster.predict_interval(rows, coverage=0.8))[:steps]
    paths = forecaster.sample(rows, n_samples=50, random_state=0)[:, :steps]
    spread = np.quantile(paths, 0.9, axis=0) - np.quantile(paths, 0.1, axis=0)
    return max((bounds[:, 1] - bounds[:, 0]).max(), spread.max())


def check_growth(make_forecaster, **options):
    """Check that intervals are at most linear in the shift."""
    n_series = options.pop("n_series", 1)
    quiet, small, large = (
        measure_width(make_forecaster(), make_shifted(shift, n_series), **options)
        for shift in (0, 2000, 20_000)
    )
    # The shift is 400 typical changes.
    assert small < quiet + 8 * 2000
    assert large < 12 * small


@every_forecaster
def test_width_after_a_level_shift(cls):
    check_growth(lambda: make(cls))


@every_forecaster
def test_width_after_a_level_shift_of_one_series_of_a_panel(cls):
    check_growth(lambda: make(cls), n_series=4)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("unit", ["window", "series"])
def test_width_after_a_level_shift_with_every_loss_and_unit(loss, unit):
    check_growth(lambda: make(GRUForecaster, loss=loss, unit=unit))


@pytest.mark.parametrize("loss", LOSSES)
def test_width_after_an_update_with_a_level_shift(loss):
    check_growth(lambda: make(GRUForecaster, loss=loss), first=N - AFTER)


@pytest.mark.parametrize(
    "params",
    [{"normalization": "mean"}, {"differencing": "seasonal", "period": 4}],
    ids=str,
)
def test_width_after_a_level_shift_with_other_normalization(params):
    check_growth(lambda: make(GRUForecaster, **params))

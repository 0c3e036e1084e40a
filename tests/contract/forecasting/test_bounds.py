"""Large settings: the work is bounded, or an error is raised before it starts."""

import numpy as np
import pandas as pd
import pytest

from skseq import SeasonalNaive
from skseq.estimators import baselines

from ..cases import name_of
from .cases import (
    BASELINES,
    CONTEXT,
    HORIZON,
    every_forecaster,
    fit_raises,
    fitted,
    make,
    make_y,
    predict_all,
    two_nets,
)

FAR = 10**9


@pytest.mark.parametrize("cls", BASELINES, ids=name_of)
def test_horizon_of_a_baseline_is_at_most_the_length_of_the_series(cls):
    y = make_y(40)
    forecaster = cls(horizon=1_000_000).fit(None, y)
    assert forecaster.horizon_ == 40
    assert forecaster.calibration_.paths.shape[2] == 40
    wanted = cls(horizon=40).fit(None, y).forecast(100)
    pd.testing.assert_series_equal(forecaster.forecast(100), wanted)


@pytest.mark.parametrize("cls", BASELINES, ids=name_of)
def test_forecasts_of_a_baseline_do_not_depend_on_the_size_of_blocks(cls, monkeypatch):
    y = make_y(40)
    wanted = cls(horizon=30).fit(None, y).forecast(30)
    monkeypatch.setattr(baselines, "MAX_HORIZON", 8)
    forecaster = cls(horizon=30).fit(None, y)
    assert forecaster.horizon_ == 8
    np.testing.assert_allclose(forecaster.forecast(30), wanted, rtol=1e-12)


@pytest.mark.parametrize("cls", BASELINES, ids=name_of)
def test_calibration_of_a_baseline_on_long_series_reads_few_windows(cls, monkeypatch):
    y = make_y(60)
    params = {"period": 20} if cls is SeasonalNaive else {}
    forecaster = make(cls, **params).fit(None, y)
    n_read = forecaster.past_steps + HORIZON
    assert len(forecaster.calibration_.paths) > 3
    monkeypatch.setattr(baselines, "MAX_STEPS", 3 * n_read)
    few = make(cls, **params).fit(None, y)
    assert len(few.calibration_.paths) == 3
    # Windows are read in parts, with the same forecasts.
    rows = forecaster.forecast(HORIZON).to_frame()[[]]
    monkeypatch.setattr(baselines, "MAX_STEPS_AT_ONCE", 1)
    np.testing.assert_array_equal(predict_all(few, rows), predict_all(few, rows))
    again = make(cls, **params).fit(None, y)
    np.testing.assert_array_equal(again.calibration_.paths, few.calibration_.paths)


@every_forecaster
def test_too_many_blocks_raise(cls):
    """The error is raised before anything is forecast."""
    forecaster, _, y = fitted(cls)
    message = "Step 40001 after the last observed value .* horizon=4 .* most 10000 blocks"
    with pytest.raises(ValueError, match=message):
        forecaster.forecast(40_001)
    late = pd.DataFrame(index=y.index[-1:] + pd.Timedelta(days=41_000))
    for method in ("predict", "predict_interval", "sample"):
        with pytest.raises(ValueError, match="at most 10000 blocks are possible. Check"):
            getattr(forecaster, method)(late)


@every_forecaster
def test_too_many_sample_paths_raise(cls):
    forecaster, X, _ = fitted(cls)
    with pytest.raises(
        ValueError, match=r"n_samples=1000000000 paths of 8 rows need .* GiB"
    ):
        forecaster.sample(X[-8:], n_samples=FAR)


@two_nets
def test_too_many_weights_from_past_to_future_steps_raise(cls):
    y = np.zeros(100_000)
    y[::2] = 1
    forecaster = make(cls, horizon=30_000, context_length=30_000)
    message = "horizon=30000 with a context of 30000 steps requires 900000000 weights"
    fit_raises(forecaster, None, y, message)


@two_nets
def test_patch_is_not_longer_than_a_window(cls):
    y = make_y()
    forecaster = make(cls, patch_size=10**9).fit(None, y)
    assert forecaster.patch_size_ == CONTEXT
    wanted = make(cls, patch_size=CONTEXT).fit(None, y).forecast(HORIZON)
    pd.testing.assert_series_equal(forecaster.forecast(HORIZON), wanted)

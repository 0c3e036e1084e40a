"""Values that arrive late fill missing values at the end of y."""

import numpy as np
import pandas as pd
import pytest

from .cases import make, make_panel, make_X, make_y, one_of_each

N_TRAIN = 45
GAP = 3


def late_forecasters(cls, y, X=None):
    """Return a forecaster of y with missing last values, and one without these rows."""
    n = N_TRAIN
    late = y[:n].copy()
    late.iloc[-GAP:] = np.nan
    X_train = None if X is None else X[:n]
    X_early = None if X is None else X[: n - GAP]
    return make(cls).fit(X_train, late), make(cls).fit(X_early, y[: n - GAP])


def forecast_quantiles(forecaster, X):
    return forecaster.predict_quantiles(X, [0.2, 0.5, 0.9])


@pytest.mark.parametrize("columns", [0, 1])
@one_of_each
def test_update_fills_missing_values_at_the_end(cls, columns):
    y = make_y()
    X = make_X(y.index, columns)
    late, early = late_forecasters(cls, y, X)
    rows = slice(N_TRAIN - GAP, N_TRAIN + 2)
    for forecaster in (late, early):
        forecaster.update(X[rows], y[rows])
    pd.testing.assert_frame_equal(
        forecast_quantiles(late, X[N_TRAIN + 2 :]),
        forecast_quantiles(early, X[N_TRAIN + 2 :]),
    )


@one_of_each
def test_a_part_of_the_missing_values_may_arrive(cls):
    y = make_y()
    late, early = late_forecasters(cls, y)
    rows = slice(N_TRAIN - GAP, N_TRAIN - 1)
    late.update(None, y[rows])
    early.update(None, y[rows])
    rows = y.index[N_TRAIN:]
    pd.testing.assert_frame_equal(
        forecast_quantiles(late, rows), forecast_quantiles(early, rows)
    )
    # The remaining missing step is still a step of the series.
    assert late.forecast(1).index[0] == y.index[N_TRAIN]
    with pytest.raises(ValueError, match="must start right after the last observation"):
        late.update(None, y[N_TRAIN - GAP : N_TRAIN])
    late.update(None, y[N_TRAIN - 1 : N_TRAIN])
    assert late.forecast(1).index[0] == y.index[N_TRAIN]


@one_of_each
def test_history_fills_missing_values_at_the_end(cls):
    y = make_y()
    late, early = late_forecasters(cls, y)
    rows = y.index[N_TRAIN + 2 :]
    wanted = early.predict(rows, history=y[N_TRAIN - GAP : N_TRAIN + 2])
    for start in (N_TRAIN - GAP, N_TRAIN - 8, 0):
        history = y[start : N_TRAIN + 2]
        pd.testing.assert_series_equal(late.predict(rows, history=history), wanted)


@one_of_each
def test_series_of_a_panel_and_one_late_column(cls):
    X, y = make_panel((50, 50))
    late = y.copy()
    late.iloc[-GAP:] = np.nan
    forecaster = make(cls).fit(X, late).update(X[-GAP:], y[-GAP:])
    assert not np.isnan(forecaster.observed_.targets(1)).any()
    wide = pd.DataFrame({"a": make_y(), "b": make_y(seed=3)})
    late = wide.copy()
    late.iloc[-GAP:, 1] = np.nan
    forecaster = make(cls).fit(None, late)
    with pytest.raises(ValueError, match="update differs from the observations"):
        forecaster.update(None, wide[-GAP:] + 1)
    with pytest.raises(ValueError, match="must start right after the last observation"):
        forecaster.update(None, wide[-GAP - 1 :])
    forecaster.update(None, wide[-GAP:])
    np.testing.assert_array_equal(forecaster.observed_.targets(0), wide)


@one_of_each
def test_failed_update_keeps_missing_values(cls, monkeypatch):
    y = make_y()
    late, _ = late_forecasters(cls, y)
    before = forecast_quantiles(late, y.index[N_TRAIN:])

    def fail(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("skseq.forecasting.updating.score_windows", fail)
    with pytest.raises(KeyboardInterrupt):
        late.update(None, y[N_TRAIN - GAP : N_TRAIN])
    monkeypatch.undo()
    assert np.isnan(late.observed_.targets(0)[-GAP:]).all()
    pd.testing.assert_frame_equal(forecast_quantiles(late, y.index[N_TRAIN:]), before)


@one_of_each
def test_repeated_rows_may_be_rounded_to_single_precision(cls):
    y = make_y()
    forecaster = make(cls).fit(None, y[:N_TRAIN])
    history = y[:50].copy()
    history[:N_TRAIN] = history[:N_TRAIN].astype(np.float32)
    rows = y.index[50:]
    wanted = forecaster.predict(rows, history=y[N_TRAIN:50])
    pd.testing.assert_series_equal(forecaster.predict(rows, history=history), wanted)

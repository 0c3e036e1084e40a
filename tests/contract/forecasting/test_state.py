"""Reproducibility, failures, interrupts and output of forecasters."""

import numpy as np
import pandas as pd
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.preprocessing import PowerTransformer
from skorch.callbacks import Callback

from skseq import GRUForecaster
from skseq.exceptions import DivergenceError, InterruptedFitWarning

from ..probes import EXPLODE, CtrlC, FailingCallback, global_state, warnings_are_errors
from .cases import (
    FORECASTERS,
    HORIZON,
    N_STEPS,
    NETS,
    every_forecaster,
    every_net,
    fitted,
    make,
    make_panel,
    make_X,
    make_y,
    one_of_each,
    predict_all,
    two_nets,
    weights,
)

N_TRAIN = N_STEPS - 2 * HORIZON
# Parameters with much randomness: initial weights, dropout, order of windows.
RANDOM = {"dropout": 0.3, "num_layers": 2}


def random_params(cls):
    """Return parameters with much randomness."""
    return RANDOM if cls in NETS else {}


# Seeds -----------------------------------------------------------------------------


@every_forecaster
def test_fit_is_idempotent(cls):
    forecaster, X, y = fitted(cls, columns=1, **random_params(cls))
    before = predict_all(forecaster, X)
    forecaster.fit(X[:N_TRAIN], y[:N_TRAIN])
    np.testing.assert_array_equal(predict_all(forecaster, X), before)


@one_of_each
def test_fit_starts_from_scratch(cls):
    """After fits on other columns, series and targets, and after updates."""
    fresh, X, y = fitted(cls)
    X_panel, y_panel = make_panel(columns=2, n_targets=2)
    used = make(cls).fit(X_panel, y_panel)
    used.fit(X[:N_TRAIN], y[:N_TRAIN])
    np.testing.assert_array_equal(predict_all(used, X), predict_all(fresh, X))
    assert vars(used).keys() == vars(fresh).keys()
    assert used.predict(X).name == "sales"
    used.update(X[N_TRAIN:], y[N_TRAIN:]).fit(X[:N_TRAIN], y[:N_TRAIN])
    np.testing.assert_array_equal(predict_all(used, X), predict_all(fresh, X))


@every_net
def test_random_state_determines_the_forecaster(cls):
    found = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        found.append(predict_all(*fitted(cls, **RANDOM)[:2]))
    np.testing.assert_array_equal(*found)


@two_nets
def test_other_random_states_give_other_forecasters(cls):
    first, other = (weights(fitted(cls, random_state=k)[0]) for k in (0, 1))
    assert not (first == other).all()
    found = []
    for _ in range(2):
        np.random.seed(0)  # noqa: NPY002
        torch.manual_seed(0)
        found.append(weights(fitted(cls, random_state=None)[0]))
    assert not (found[0] == found[1]).all()


@pytest.mark.parametrize("random_state", [0, None])
@every_forecaster
def test_global_state_does_not_change(cls, random_state):
    params = {**RANDOM, "random_state": random_state} if cls in NETS else {}
    y = make_y()
    X = make_X(y.index)
    before = global_state()
    forecaster = make(cls, **params).fit(X[:N_TRAIN], y[:N_TRAIN])
    assert global_state() == before
    forecaster.predict_interval(X)
    forecaster.sample(X, 3)
    forecaster.sample(X, 3, random_state=0)
    assert global_state() == before
    forecaster.update(X[N_TRAIN:], y[N_TRAIN:], n_epochs=1)
    assert global_state() == before
    with pytest.raises(ValueError, match="NaN only"):
        forecaster.fit(X, y * np.nan)
    assert global_state() == before


# Input -----------------------------------------------------------------------------


@pytest.mark.parametrize("as_arrays", [False, True], ids=["frames", "arrays"])
@every_forecaster
def test_input_is_not_modified(cls, as_arrays):
    """Later changes of the input do not affect the forecaster either."""
    y = make_y(n_targets=2)
    y.iloc[5] = np.nan
    X = make_X(y.index, 2)
    if as_arrays:
        X, y = X.to_numpy().copy(), y.to_numpy().copy()
    X_before, y_before = X.copy(), y.copy()
    forecaster = make(cls, target_transformer=PowerTransformer())
    forecaster.fit(X[:40], y[:40])
    forecaster.update(X[40:N_TRAIN], y[40:N_TRAIN])
    forecasts = predict_all(forecaster, X[N_TRAIN:])
    forecaster.score(X[N_TRAIN:], y[N_TRAIN:])
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)
    future = X[N_TRAIN:].copy()
    for table in (X, y):
        if as_arrays:
            table[:] = 0.0
        else:
            table.iloc[:] = 0.0
    np.testing.assert_array_equal(predict_all(forecaster, future), forecasts)


def test_read_only_input():
    y = make_y().to_numpy()
    X = make_X(np.arange(N_STEPS), 1).to_numpy()
    X.flags.writeable = y.flags.writeable = False
    make(GRUForecaster).fit(X[:N_TRAIN], y[:N_TRAIN]).predict(X[N_TRAIN:])


@pytest.mark.parametrize("dtype", [np.float32, np.int64, "Float64", "Int64"])
@every_forecaster
def test_dtypes_of_X_and_y(cls, dtype):
    y = make_y().round()
    X = make_X(y.index, 1).round()
    wanted = make(cls).fit(X[:N_TRAIN], y[:N_TRAIN]).predict(X)
    X, y = X.astype(dtype), y.astype(dtype)
    found = make(cls).fit(X[:N_TRAIN], y[:N_TRAIN]).predict(X)
    np.testing.assert_array_equal(found, wanted)


# Failures --------------------------------------------------------------------------


def failing_fits(cls, X, y):
    """Yield parameters, X, y and errors of fits that fail, before and during training."""
    yield {}, X.iloc[::-1], y.iloc[::-1], ValueError
    yield {}, X, y[:-1], ValueError
    yield {}, X, None, ValueError
    yield {"horizon": 0}, X, y, ValueError
    if cls in NETS:
        yield {"context_length": 1000}, X, y, ValueError
        yield {"device": "cuda:77"}, X, y, ValueError
        yield EXPLODE, X, y, DivergenceError
        yield {"callbacks": [FailingCallback(2)]}, X, y, OSError


@every_forecaster
def test_failing_fit_leaves_an_unfitted_forecaster_unfitted(cls):
    y = make_y(n_targets=2)
    X = make_X(y.index, 2)
    for params, X_bad, y_bad, error in failing_fits(cls, X, y):
        forecaster = make(cls, **params)
        before = dict(vars(forecaster))
        with pytest.raises(error):
            forecaster.fit(X_bad, y_bad)
        assert vars(forecaster) == before
        with pytest.raises(NotFittedError):
            forecaster.predict(X)
        with pytest.raises(NotFittedError):
            forecaster.forecast(3)


@every_forecaster
def test_failing_fit_does_not_change_a_fitted_forecaster(cls):
    forecaster, X, _ = fitted(cls)
    wanted, before = predict_all(forecaster, X), dict(vars(forecaster))
    params = forecaster.get_params()
    y_other = make_y(n_targets=2)
    for changes, X_bad, y_bad, error in failing_fits(
        cls, make_X(y_other.index, 2), y_other
    ):
        forecaster.set_params(**changes)
        with pytest.raises(error):
            forecaster.fit(X_bad, y_bad)
        forecaster.set_params(**params)
        assert vars(forecaster).keys() == before.keys()
        assert all(vars(forecaster)[name] is before[name] for name in before)
        np.testing.assert_array_equal(predict_all(forecaster, X), wanted)


@every_forecaster
def test_failing_predict_does_not_change_the_forecaster(cls):
    forecaster, X, _ = fitted(cls, columns=1)
    future = X[N_TRAIN:]
    wanted, before = predict_all(forecaster, future), dict(vars(forecaster))
    for bad in (future.assign(z=1.0), future.set_axis(future.index + pd.Timedelta("1h"))):
        with pytest.raises(ValueError, match="feature names|grid"):
            forecaster.predict(bad)
    assert vars(forecaster).keys() == before.keys()
    assert all(vars(forecaster)[name] is before[name] for name in before)
    np.testing.assert_array_equal(predict_all(forecaster, future), wanted)


def failing_updates(X, y):
    """Yield arguments and errors of updates that fail."""
    rows = slice(N_TRAIN, N_TRAIN + HORIZON)
    yield {}, X[N_TRAIN + 1 :], y[N_TRAIN + 1 :], ValueError
    yield {}, X[rows], y[rows][:-1], ValueError
    yield {"n_epochs": -1}, X[rows], y[rows], ValueError
    yield {}, X[rows], -y[rows] - 1e6, ValueError  # the transformer raises


class Positive(PowerTransformer):
    """A transformer that raises for negative values."""

    def transform(self, X):
        """Transform non-negative numbers."""
        if (X < 0).any():
            raise ValueError("negative")
        return super().transform(X)


@one_of_each
def test_failing_update_does_not_change_the_forecaster(cls):
    forecaster, X, y = fitted(cls, target_transformer=Positive())
    wanted = predict_all(forecaster, X)
    for params, X_bad, y_bad, error in failing_updates(X, y):
        with pytest.raises(error):
            forecaster.update(X_bad, y_bad, **params)
        np.testing.assert_array_equal(predict_all(forecaster, X), wanted)
        assert forecaster.observed_.lengths.tolist() == [N_TRAIN]


@two_nets
def test_failing_training_of_an_update_does_not_change_the_forecaster(cls):
    """The new rows are not kept: the same update can be repeated."""
    forecaster, X, y = fitted(cls, callbacks=[FailingCallback(4)])
    twin, _, _ = fitted(cls)
    before = dict(vars(forecaster))
    with pytest.raises(OSError, match="disk is full"):
        forecaster.update(X[N_TRAIN:], y[N_TRAIN:], n_epochs=3)
    assert all(vars(forecaster)[name] is before[name] for name in before)
    np.testing.assert_array_equal(predict_all(forecaster, X), predict_all(twin, X))
    forecaster.update(X[N_TRAIN:], y[N_TRAIN:])
    twin.update(X[N_TRAIN:], y[N_TRAIN:])
    np.testing.assert_array_equal(predict_all(forecaster, X), predict_all(twin, X))


@one_of_each
def test_failing_update_of_a_panel_does_not_change_any_series(cls):
    X, y = make_panel()
    day = X.index.get_level_values("day")
    forecaster = make(cls).fit(X[day < "2020-02-20"], y[day < "2020-02-20"])
    lengths = forecaster.observed_.lengths.tolist()
    new = y[day >= "2020-02-20"].drop(("shop 1", pd.Timestamp("2020-02-20")))
    with pytest.raises(ValueError, match="of series 'shop 1'"):
        forecaster.update(None, new)
    assert forecaster.observed_.lengths.tolist() == lengths


# Ctrl-C ----------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["epoch begin", "gradient", "batch end"])
@pytest.mark.parametrize("epoch", [1, 3])
@two_nets
def test_interrupted_fit_keeps_the_best_weights(cls, epoch, point):
    message = f"interrupted in epoch {epoch} of 5; {cls.__name__} keeps"
    y = make_y()
    forecaster = make(cls, max_epochs=5, callbacks=[CtrlC(epoch, point)])
    with pytest.warns(InterruptedFitWarning, match=message) as caught:
        forecaster.fit(make_X(y.index), y)
    assert len(caught) == 1
    assert forecaster.n_iter_ == epoch - 1
    assert np.isfinite(forecaster.forecast(5)).all()


@every_net
def test_interrupted_forecaster_predicts_intervals_and_updates(cls):
    y = make_y()
    X = make_X(y.index)
    forecaster = make(cls, max_epochs=5, callbacks=[CtrlC()])
    with pytest.warns(InterruptedFitWarning):
        forecaster.fit(X[:N_TRAIN], y[:N_TRAIN])
    assert np.isfinite(predict_all(forecaster, X[N_TRAIN:])).all()
    forecaster.update(X[N_TRAIN:], y[N_TRAIN:])


def test_warning_points_at_the_line_of_the_user():
    y = make_y()
    forecaster = make(GRUForecaster, callbacks=[CtrlC()])
    with pytest.warns(InterruptedFitWarning) as caught:
        forecaster.fit(make_X(y.index), y)
    assert caught[0].filename == __file__


@two_nets
def test_interrupt_ends_cross_validation(cls):
    y = make_y()
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(
            make(cls, callbacks=[CtrlC()]), make_X(y.index), y, cv=TimeSeriesSplit(2)
        )


@two_nets
def test_interrupted_clone_raises_and_is_unchanged(cls):
    """Searches and ensembles fit clones, so an interrupt ends them as a whole."""
    forecaster, X, y = fitted(cls)
    forecaster = clone(forecaster).fit(X, y)
    before = dict(vars(forecaster))
    forecaster.set_params(callbacks=[CtrlC()])
    with pytest.raises(KeyboardInterrupt):
        Parallel()(delayed(forecaster.fit)(X, y) for _ in range(1))
    before["callbacks"] = forecaster.callbacks
    assert vars(forecaster) == before


# Output ----------------------------------------------------------------------------


OPTIONS = [
    {"loss": "quantile", "num_layers": 2, "period": 7, "differencing": "both"},
    {"missing": "mask", "patch_size": 2, "stem": 1, "normalization": "mean"},
    {"callbacks": [Callback()], "loss": "student_t", "early_stopping": True},
]


@pytest.mark.parametrize(
    ("cls", "params"),
    [(cls, {}) for cls in FORECASTERS]
    + [(cls, params) for cls in NETS for params in OPTIONS],
)
def test_no_output_and_no_warnings(cls, params, capfd):
    with warnings_are_errors():
        forecaster, X, y = fitted(cls, columns=1, **params)
        predict_all(forecaster, X)
        forecaster.predict_interval(X)
        forecaster.score(X, y)
        forecaster.update(X[N_TRAIN:], y[N_TRAIN:], n_epochs=1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "params", [{}, {"period": 7}, {"missing": "mask", "normalization": "mean"}], ids=str
)
@two_nets
def test_no_warnings_for_missing_values(cls, params):
    y = make_y()
    y.iloc[12:30] = np.nan
    X = make_X(y.index)
    with warnings_are_errors():
        forecaster = make(cls, **params).fit(X[:N_TRAIN], y[:N_TRAIN])
        assert np.isfinite(predict_all(forecaster, X[N_TRAIN:])).all()
        for i in (N_TRAIN, N_TRAIN + HORIZON):
            assert np.isfinite(forecaster.forecast(3)).all()
            forecaster.update(X[i : i + HORIZON], y[i : i + HORIZON] * np.nan)
        # Forecasts start after the last observed value.
        assert np.isfinite(forecaster.forecast(3)).all()


@one_of_each
def test_no_warnings_for_missing_values_at_the_end(cls):
    y = make_y()
    y.iloc[-6:] = np.nan
    with warnings_are_errors():
        make(cls).fit(make_X(y.index), y)


@two_nets
def test_progress_bar_is_written_to_standard_error(cls, capfd):
    fitted(cls, max_epochs=3, verbose=1)
    out, err = capfd.readouterr()
    assert out == ""
    assert f"{cls.__name__}" in err
    assert "3/3" in err
    # The last fit, with the number of epochs that is best for the validation part.
    assert f"{cls.__name__}, all steps: 100%" in err

"""Errors of forecasts, quantiles and updates: messages name the problem and the remedy."""

import re

import numpy as np
import pytest

from skseq import GRUForecaster, SeasonalNaive

from ..cases import name_of
from .cases import (
    HORIZON,
    N_STEPS,
    every_forecaster,
    fit_raises,
    fitted,
    make,
    make_panel,
    make_X,
    make_y,
    one_of_each,
)

N_TRAIN = N_STEPS - 2 * HORIZON
ONE = GRUForecaster
either = pytest.mark.parametrize("cls", [SeasonalNaive, GRUForecaster], ids=name_of)


# Forecasts -------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0, 1, -0.1, 1.5, np.nan], ids=str)
@one_of_each
def test_quantiles_out_of_range(cls, bad):
    forecaster, X, _ = fitted(cls)
    message = rf"quantiles to be numbers between 0 and 1, got \[0.5, {bad}\]"
    for call in (forecaster.predict_quantiles, forecaster.predict):
        with pytest.raises(ValueError, match=message):
            call(X, quantiles=[0.5, bad])
    with pytest.raises(
        ValueError, match=r"quantiles to be numbers between 0 and 1, got \[\]"
    ):
        forecaster.predict_quantiles(X, [])


@one_of_each
def test_percentages(cls):
    forecaster, X, _ = fitted(cls)
    with pytest.raises(ValueError, match=r"got 80\. For example, pass coverage=0\.8\.$"):
        forecaster.predict_interval(X, coverage=80)
    with pytest.raises(ValueError, match=r"For example, pass quantiles=\[0\.1, 0\.5\]\.$"):
        forecaster.predict_quantiles(X, [10, 50])
    with pytest.raises(
        ValueError, match=r"For example, pass quantiles=\[0\.1, 0\.5, 0\.9\]"
    ):
        forecaster.predict_quantiles(X, [0.5, 90])


@pytest.mark.parametrize("bad", [0, 1, -0.1, 90], ids=str)
@one_of_each
def test_coverage_out_of_range(cls, bad):
    forecaster, X, _ = fitted(cls)
    with pytest.raises(
        ValueError, match=f"coverage to be a number between 0 and 1, got {bad}"
    ):
        forecaster.predict_interval(X, coverage=bad)


@pytest.mark.parametrize("bad", [None, "wide", [0.5, 0.9], np.float64(90)], ids=str)
@one_of_each
def test_coverage_that_is_no_fraction(cls, bad):
    forecaster, X, _ = fitted(cls)
    shown = "90.0. For" if isinstance(bad, float) else f"{bad!r}. For"
    message = re.escape(f"coverage to be a number between 0 and 1, got {shown}")
    with pytest.raises(ValueError, match=message):
        forecaster.predict_interval(X, coverage=bad)


@pytest.mark.parametrize("bad", [None, "all", ["low"], np.float64(5)], ids=str)
@one_of_each
def test_quantiles_that_are_no_numbers(cls, bad):
    forecaster, X, _ = fitted(cls)
    shown = "5.0. For" if isinstance(bad, float) else f"{bad!r}. For"
    with pytest.raises(ValueError, match=re.escape(f"between 0 and 1, got {shown}")):
        forecaster.predict_quantiles(X, bad)


@one_of_each
def test_forecasts_require_rows(cls):
    """The message shows how to get the rows of the next steps."""
    forecaster, _, _ = fitted(cls)
    message = "X is None, .* For the next steps pass their number"
    for call in (
        forecaster.predict,
        forecaster.predict_interval,
        forecaster.sample,
        lambda X: forecaster.predict_quantiles(X, [0.5]),
    ):
        with pytest.raises(ValueError, match=message):
            call(None)
        with pytest.raises(ValueError, match="one row per step, got 'soon'.*index"):
            call("soon")


@pytest.mark.parametrize("bad", [0, -3], ids=str)
@one_of_each
def test_number_of_steps_to_forecast_that_is_not_positive(cls, bad):
    forecaster, _, _ = fitted(cls)
    for call in (forecaster.predict, forecaster.predict_interval, forecaster.sample):
        with pytest.raises(ValueError, match=f"number of steps .* at least 1 .* {bad}"):
            call(bad)


def test_forecast_with_quantiles_and_coverage():
    forecaster, _, _ = fitted(ONE)
    with pytest.raises(ValueError, match=r"quantiles=\[0.5\] and coverage=0.9, .* Omit"):
        forecaster.forecast(2, quantiles=[0.5], coverage=0.9)


def test_fit_with_the_series_as_X():
    forecaster = make(ONE)
    with pytest.raises(ValueError, match=r"y is None. .* call fit\(None, y\)"):
        forecaster.fit(make_y())


@one_of_each
def test_messages_show_numpy_steps_as_plain_python(cls):
    forecaster, X, _ = fitted(cls)
    for bad, shown in ((np.float64(3), r"3.0\."), (X, r"a table of shape \(")):
        with pytest.raises(
            ValueError, match=f"Expected steps to be an integer .*, got {shown}"
        ):
            forecaster.forecast(bad)


@pytest.mark.parametrize("bad", [0, -3, 2.5, "12", None], ids=str)
@one_of_each
def test_steps_that_are_no_positive_integer(cls, bad):
    forecaster, X, _ = fitted(cls)
    with pytest.raises(
        ValueError, match=f"Expected steps to be an integer .*, got {bad!r}"
    ):
        forecaster.forecast(bad)
    with pytest.raises(
        ValueError, match=f"Expected n_samples to be an integer .*, got {bad!r}"
    ):
        forecaster.sample(X, n_samples=bad)


@one_of_each
def test_forecast_with_too_few_rows(cls):
    forecaster, X, _ = fitted(cls, columns=1)
    message = "X has 3 rows, but steps=5 of 1 series require 5 rows"
    with pytest.raises(ValueError, match=message):
        forecaster.forecast(5, X[N_TRAIN : N_TRAIN + 3])


def test_forecast_without_known_covariates():
    forecaster, _, _ = fitted(ONE, columns=2, past_columns=["a"])
    with pytest.raises(ValueError, match=r"next 5 steps: the columns \['b'\] are known"):
        forecaster.forecast(5)


@pytest.mark.parametrize("bad", [[0.5, 0.1], [0.0, 0.5], [0.5, 1.0], [0.5, 0.5]], ids=str)
def test_quantiles_to_learn_that_do_not_increase(bad):
    y = make_y()
    message = "increasing levels between 0 and 1"
    fit_raises(make(ONE, loss="quantile", quantiles=bad), None, y, message)
    message = r"got \[10, 90\]\. For example, set quantiles=\[0\.1, 0\.9\]\."
    fit_raises(make(ONE, loss="quantile", quantiles=[10, 90]), None, y, message)


def test_quantiles_to_learn_that_are_a_string():
    fit_raises(
        make(ONE, loss="quantile", quantiles="all"), None, make_y(), "'quantiles' param"
    )


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@pytest.mark.parametrize("bad", [[], ["low"]], ids=str)
def test_quantiles_to_learn_that_are_no_numbers(bad):
    fit_raises(make(ONE, loss="quantile", quantiles=bad), None, make_y(), "quantiles")


@pytest.mark.parametrize("differencing", ["seasonal", "both"])
def test_season_without_a_period(differencing):
    message = f"differencing='{differencing}' requires period"
    fit_raises(make(ONE, differencing=differencing), None, make_y(), message)


@one_of_each
def test_intervals_of_series_that_are_too_short(cls):
    y = make_y(2)
    params = {"context_length": None} if cls is ONE else {}
    forecaster = make(cls, horizon=1, **params).fit(None, y)
    if forecaster.calibration_.is_empty:
        rows = make_X(forecaster.forecast(1).index)
        with pytest.raises(
            ValueError, match="no held-out errors .* too short. Pass longer"
        ):
            forecaster.predict_interval(rows)
    else:
        assert cls is SeasonalNaive  # it requires one past step only


@one_of_each
def test_transformer_that_changes_the_shape(cls):
    from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    fit_raises(make(cls, target_transformer=encoder), None, make_y(), "keeps the shape")


# Updates ---------------------------------------------------------------------------


@every_forecaster
def test_update_that_starts_late(cls):
    forecaster, X, y = fitted(cls, columns=1)
    message = "expected 2020-02-22.* first, got 2020-02-24.*without an observation as NaN"
    with pytest.raises(ValueError, match=message):
        forecaster.update(X[N_TRAIN + 2 :], y[N_TRAIN + 2 :])


@every_forecaster
def test_update_that_starts_early(cls):
    forecaster, X, y = fitted(cls, columns=1)
    message = (
        "expected 2020-02-22.* first, got 2020-02-20.*Leave out rows that were observed"
    )
    with pytest.raises(ValueError, match=message):
        forecaster.update(X[N_TRAIN - 2 :], y[N_TRAIN - 2 :])


@every_forecaster
def test_update_with_a_missing_row(cls):
    forecaster, X, y = fitted(cls, columns=1)
    rows = np.r_[N_TRAIN, N_TRAIN + 2]
    with pytest.raises(ValueError, match="irregular: 2020-02-24 .* follows 2020-02-22"):
        forecaster.update(X.iloc[rows], y.iloc[rows])


@one_of_each
def test_errors_of_updates_name_the_series(cls):
    X, y = make_panel()
    train = X.index.get_level_values("day") < "2020-02-20"
    forecaster = make(cls).fit(X[train], y[train])
    late = y[X.index.get_level_values("day") > "2020-02-21"].loc[["shop 1"]]
    message = "observation of series 'shop 1': expected 2020-02-20.*got 2020-02-22"
    with pytest.raises(ValueError, match=message):
        forecaster.update(None, late)
    with pytest.raises(ValueError, match=message):
        forecaster.predict(make_X(late.index), history=late)


@one_of_each
def test_update_of_other_targets(cls):
    forecaster, X, _ = fitted(cls)
    y = make_y(n_targets=2)[N_TRAIN:]
    with pytest.raises(ValueError, match="y has 2 targets, but had 1 in fit"):
        forecaster.update(X[N_TRAIN:], y)
    with pytest.raises(ValueError, match="requires y"):
        forecaster.update(X[N_TRAIN:], None)


@one_of_each
def test_update_without_the_columns_of_fit(cls):
    forecaster, _, y = fitted(cls, columns=2)
    message = r"X is None, but in fit X had the columns \['a', 'b'\].* as update\(X, y\)\.$"
    with pytest.raises(ValueError, match=message):
        forecaster.update(None, y[N_TRAIN:])


@one_of_each
def test_history_without_the_columns_of_fit(cls):
    forecaster, X, y = fitted(cls, columns=2)
    message = r"history has only y, but in fit X had the columns \['a', 'b'\].*\(X, y\), in"
    for history in y[N_TRAIN:-4], (None, y[N_TRAIN:-4]):
        with pytest.raises(ValueError, match=message):
            forecaster.predict(X[-4:], history=history)
    forecaster.predict(X[-4:], history=(X[N_TRAIN:-4], y[N_TRAIN:-4]))


@pytest.mark.parametrize("bad", [-1, 1.5, "2"], ids=str)
@one_of_each
def test_epochs_that_are_no_integer(cls, bad):
    forecaster, X, y = fitted(cls)
    with pytest.raises(
        ValueError, match=f"Expected n_epochs to be an integer .*, got {bad!r}"
    ):
        forecaster.update(X[N_TRAIN:], y[N_TRAIN:], n_epochs=bad)

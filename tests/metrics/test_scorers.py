"""Tests of the scorers in the tools of scikit-learn."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq.metrics import (
    interval_coverage,
    interval_width,
    make_interval_scorer,
    make_quantile_scorer,
    make_scaled_scorer,
    mase_scorer,
    mean_absolute_scaled_error,
    rmsse_scorer,
    root_mean_squared_scaled_error,
    smape_scorer,
    symmetric_mean_absolute_percentage_error,
    weighted_quantile_loss,
    winkler_score,
)

from .cases import LastValue, make_panel

ALL = {
    "mase": mase_scorer,
    "rmsse": rmsse_scorer,
    "smape": smape_scorer,
    "period": make_scaled_scorer(period=4),
    "coverage": make_interval_scorer("interval_coverage", coverage=0.8),
    "width": make_interval_scorer("neg_interval_width", coverage=0.8),
    "winkler": make_interval_scorer(coverage=0.8),
    "quantiles": make_quantile_scorer([0.1, 0.5]),
}


def make_series(n_steps=24):
    _, y = make_panel(n_steps, names=["north"])
    y = y.droplevel(0)
    return y.to_frame()[[]], y


def split(X, y, n_test=6):
    """Split all series before their last `n_test` steps."""
    times = y.index.get_level_values(-1)
    late = times >= times.unique()[-n_test]
    return X[~late], X[late], y[~late], y[late]


def compute_expected(X_train, X_test, y_train, y_test):
    """Return the expected value of each scorer."""
    model = LastValue(spread=3.0).fit(X_train, y_train)
    forecast = model.predict(X_test)
    interval = model.predict_interval(X_test, 0.8)
    quantiles = model.predict_quantiles(X_test, [0.1, 0.5])
    scaled = {"y_train": y_train}
    return {
        "mase": -mean_absolute_scaled_error(y_test, forecast, **scaled),
        "rmsse": -root_mean_squared_scaled_error(y_test, forecast, **scaled),
        "smape": -symmetric_mean_absolute_percentage_error(y_test, forecast),
        "period": -mean_absolute_scaled_error(y_test, forecast, **scaled, period=4),
        "coverage": interval_coverage(y_test, interval),
        "width": -interval_width(y_test, interval),
        "winkler": -winkler_score(y_test, interval, coverage=0.8),
        "quantiles": -weighted_quantile_loss(y_test, quantiles),
    }


@pytest.mark.parametrize("make", [make_panel, make_series])
@pytest.mark.parametrize("name", sorted(ALL))
def test_scores_match_the_metrics(make, name):
    X_train, X_test, y_train, y_test = split(*make())
    expected = compute_expected(X_train, X_test, y_train, y_test)[name]
    model = LastValue(spread=3.0).fit(X_train, y_train)
    assert ALL[name](model, X_test, y_test) == pytest.approx(expected, rel=1e-12)
    piped = make_pipeline("passthrough", LastValue(spread=3.0)).fit(X_train, y_train)
    assert ALL[name](piped, X_test, y_test) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", sorted(ALL))
def test_array_targets_take_the_series_of_X(name):
    X_train, X_test, y_train, y_test = split(*make_panel())
    expected = compute_expected(X_train, X_test, y_train, y_test)[name]
    model = LastValue(spread=3.0).fit(X_train, y_train.to_numpy())
    score = ALL[name](model, X_test, y_test.to_numpy())
    assert score == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", sorted(ALL))
def test_arrays_are_one_series(name):
    X_train, X_test, y_train, y_test = split(*make_series())
    expected = compute_expected(X_train, X_test, y_train, y_test)[name]
    model = LastValue(spread=3.0).fit(X_train.to_numpy(), y_train.to_numpy())
    score = ALL[name](model, X_test.to_numpy(), y_test.to_numpy())
    assert score == pytest.approx(expected, rel=1e-12)


def test_several_targets():
    X, y = make_panel()
    y = pd.DataFrame({"p": y, "q": 2 * y.iloc[::-1].to_numpy()})
    X_train, X_test, y_train, y_test = split(X, y)
    expected = compute_expected(X_train, X_test, y_train, y_test)
    model = LastValue(spread=3.0).fit(X_train, y_train)
    for name, scorer in ALL.items():
        assert scorer(model, X_test, y_test) == pytest.approx(expected[name], rel=1e-12)
        bare = scorer(model, X_test, y_test.to_numpy())
        assert bare == pytest.approx(expected[name], rel=1e-12)


def test_cross_validate():
    X, y = make_series()
    cv = TimeSeriesSplit(3, test_size=4)
    results = cross_validate(
        LastValue(spread=3.0), X, y, cv=cv, scoring=ALL, error_score="raise"
    )
    for i, (train, test) in enumerate(cv.split(X)):
        parts = X.iloc[train], X.iloc[test], y.iloc[train], y.iloc[test]
        for name, expected in compute_expected(*parts).items():
            assert results[f"test_{name}"][i] == pytest.approx(expected, rel=1e-12)


def test_grid_search_selects_the_smallest_error():
    X, y = make_series()
    cv = TimeSeriesSplit(3, test_size=4)
    grid = {"bias": [50.0, 0.0, -50.0]}
    search = GridSearchCV(LastValue(), grid, cv=cv, scoring=mase_scorer)
    search.fit(X, y)
    assert search.best_params_ == {"bias": 0.0}
    assert search.score(X.iloc[-4:], y.iloc[-4:]) < 0
    search.set_params(scoring=ALL, refit="winkler").fit(X, y)
    assert search.best_params_ == {"bias": 0.0}
    # The search has the scores of its best estimator.
    best = search.best_estimator_
    for scorer in ALL.values():
        assert scorer(search, X, y) == scorer(best, X, y)


class WithPast(LastValue):
    """Return NaN for the first two training rows, like forecasters with a context."""

    def predict(self, X):
        return self._blank(X, super().predict(X))

    def predict_quantiles(self, X, quantiles):
        return self._blank(X, super().predict_quantiles(X, quantiles))

    def _blank(self, X, forecasts):
        first = [table.index[:2] for table in self.observed_.tables]
        forecasts = forecasts.copy()
        forecasts.loc[X.index.get_level_values(-1).isin(first[0])] = np.nan
        return forecasts


@pytest.mark.parametrize("name", sorted(ALL))
def test_training_rows_without_a_forecast_are_ignored(name):
    X, y = make_panel()
    model = WithPast(spread=3.0).fit(X, y)
    later = X.index.get_level_values(-1) >= X.index.get_level_values(-1)[2]
    assert ALL[name](model, X, y) == ALL[name](model, X[later], y[later])
    with pytest.raises(ValueError, match="None of the 4 rows to score can be forecast"):
        ALL[name](model, X[~later], y[~later])


class WithoutFuture(LastValue):
    def predict(self, X):
        return super().predict(X) * np.nan


def test_other_rows_without_a_forecast_raise():
    X_train, X_test, y_train, y_test = split(*make_panel())
    model = WithoutFuture().fit(X_train, y_train)
    with pytest.raises(ValueError, match=r"y_pred contains NaN in row 0 \('north' at"):
        smape_scorer(model, X_test, y_test)


class TestPeriod:
    def test_default_is_the_period_of_the_forecaster(self):
        X_train, X_test, y_train, y_test = split(*make_panel())
        for period, expected in [(None, 1), (4, 4)]:
            model = LastValue(period=period).fit(X_train, y_train)
            same = make_scaled_scorer(period=expected)
            assert mase_scorer(model, X_test, y_test) == same(model, X_test, y_test)
            piped = make_pipeline(FunctionTransformer(), LastValue(period=period))
            piped.fit(X_train, y_train)
            assert mase_scorer(piped, X_test, y_test) == same(model, X_test, y_test)

    def test_parameter_overrides_the_forecaster(self):
        X_train, X_test, y_train, y_test = split(*make_panel())
        model = LastValue(period=4).fit(X_train, y_train)
        other = LastValue().fit(X_train, y_train)
        scorer = make_scaled_scorer(period=1)
        assert scorer(model, X_test, y_test) == mase_scorer(other, X_test, y_test)


class TestTargetTransformer:
    def test_training_series_has_the_units_of_y(self):
        X_train, X_test, y_train, y_test = split(*make_panel())
        plain = LastValue().fit(X_train, y_train)
        for transformer in (StandardScaler(), FunctionTransformer(np.cbrt, cube)):
            wrapped = TransformedTargetRegressor(LastValue(), transformer=transformer)
            wrapped.fit(X_train, y_train)
            expected = mase_scorer(plain, X_test, y_test)
            assert mase_scorer(wrapped, X_test, y_test) == pytest.approx(expected, rel=1e-9)

    def test_nested_wrappers(self):
        X_train, X_test, y_train, y_test = split(*make_panel())
        inner = TransformedTargetRegressor(LastValue(), transformer=StandardScaler())
        outer = TransformedTargetRegressor(
            make_pipeline(FunctionTransformer(), inner), func=np.cbrt, inverse_func=cube
        )
        search = GridSearchCV(
            outer, {"check_inverse": [False]}, cv=[(np.arange(20), np.arange(20, 36))]
        )
        search.fit(X_train, y_train)
        expected = mase_scorer(LastValue().fit(X_train, y_train), X_test, y_test)
        assert mase_scorer(search, X_test, y_test) == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize("scorer", [ALL["winkler"], ALL["quantiles"]])
    def test_hides_intervals_and_quantiles(self, scorer):
        X_train, X_test, y_train, y_test = split(*make_panel())
        wrapped = TransformedTargetRegressor(LastValue(), transformer=StandardScaler())
        wrapped.fit(X_train, y_train)
        with pytest.raises(
            TypeError, match=r"hides predict_\w+ of LastValue.*target_transformer="
        ):
            scorer(wrapped, X_test, y_test)


def cube(values):
    return values**3


class TestOtherEstimators:
    def test_regressors_have_no_training_series(self):
        X, y = make_series()
        X = X.assign(step=np.arange(len(X)))
        model = LinearRegression().fit(X, y)
        assert smape_scorer(model, X, y) < 0
        message = r"LinearRegression has no attribute observed_ .* Use a forecaster"
        with pytest.raises(TypeError, match=message):
            mase_scorer(model, X, y)
        piped = Pipeline([("scale", StandardScaler()), ("linear", LinearRegression())])
        with pytest.raises(
            TypeError, match="LinearRegression in Pipeline has no attribute observed_"
        ):
            mase_scorer(piped.fit(X, y), X, y)

    def test_search_without_refit(self):
        X, y = make_series()
        search = GridSearchCV(LastValue(), {}, cv=TimeSeriesSplit(2), refit=False).fit(X, y)
        with pytest.raises(
            TypeError, match="GridSearchCV has no fitted forecaster .* Set refit=True"
        ):
            rmsse_scorer(search, X, y)

    def test_unfitted_estimator(self):
        X, y = make_series()
        for model in (LastValue(), make_pipeline(StandardScaler(), LastValue())):
            with pytest.raises(NotFittedError):
                mase_scorer(model, X, y)


@pytest.mark.parametrize("name", sorted(ALL))
def test_copies_give_the_same_score(name):
    X_train, X_test, y_train, y_test = split(*make_panel())
    model = LastValue(spread=3.0).fit(X_train, y_train)
    expected = ALL[name](model, X_test, y_test)
    for twin in (copy.deepcopy(ALL[name]), pickle.loads(pickle.dumps(ALL[name]))):
        assert twin(model, X_test, y_test) == expected


def test_repr():
    plain = make_scaled_scorer("neg_root_mean_squared_scaled_error")
    assert repr(plain) == "<scorer neg_root_mean_squared_scaled_error>"
    assert repr(ALL["period"]) == "<scorer neg_mean_absolute_scaled_error, period=4>"
    assert repr(ALL["winkler"]) == "<scorer neg_winkler_score, coverage=0.8>"


def test_invalid_parameters():
    with pytest.raises(ValueError, match="'name' parameter of make_scaled_scorer"):
        make_scaled_scorer("mase")
    with pytest.raises(ValueError, match="'period' parameter of make_scaled_scorer"):
        make_scaled_scorer(period=0)
    with pytest.raises(ValueError, match="'name' parameter of make_interval_scorer"):
        make_interval_scorer("winkler")
    with pytest.raises(ValueError, match=r"'coverage' parameter .* Got 90 instead"):
        make_interval_scorer(coverage=90)
    with pytest.raises(ValueError, match=r"Got \[10, 90\] .* quantiles=\[0\.1, 0\.9\]\."):
        make_quantile_scorer([10, 90])

"""Tests of backtest with Pipelines, searches and other regressors."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq.model_selection import backtest

from .cases import CALLS, Recorder, calls_of, make_series, make_splitter


@pytest.fixture(autouse=True)
def clear_calls():
    CALLS.clear()


def test_pipeline_updates_its_last_step_with_transformed_rows():
    X, y = make_series()
    double = FunctionTransformer(lambda frame: 2 * frame)
    seen = []

    class Keeper(Recorder):
        def update(self, X, y):
            seen.append(X)
            return super().update(X, y)

    model = make_pipeline(double, "passthrough", Keeper())
    result = backtest(model, X, y, cv=make_splitter(), refit=False, quantiles=[0.5])
    for new, start in zip(seen, (14, 16), strict=True):
        pd.testing.assert_frame_equal(new, 2 * X[start : start + 2])
    assert result["forecast"].tolist() == [14, 14, 16, 16, 18, 18]
    assert result["q0.5"].tolist() == [14.5, 14.5, 16.5, 16.5, 18.5, 18.5]


def test_transformers_are_fitted_on_training_rows_only():
    X, y = make_series()
    X = X.assign(price=np.arange(20.0))
    model = make_pipeline(StandardScaler(), Recorder())
    backtest(model, X, y, cv=make_splitter(1))
    # The training values are 0 to 17, with the mean 8.5.
    expected = (np.array([18.0, 19.0]) - 8.5) / np.arange(18).std()
    np.testing.assert_allclose(calls_of("predict")[0][1][:, 0], expected)


def test_grid_search():
    X, y = make_series()
    search = GridSearchCV(Recorder(), {"period": [3]}, cv=TimeSeriesSplit(2))
    result = backtest(search, X, y, cv=make_splitter(), refit=False, quantiles=[0.5])
    assert result["forecast"].tolist() == [14, 14, 16, 16, 18, 18]
    assert len(calls_of("update")) == 2


def test_any_regressor_with_refit():
    X, y = make_series()
    X = X.assign(step=np.arange(20.0))
    result = backtest(
        LinearRegression(), X, y, cv=make_splitter(1), metrics=["mae", "mase"]
    )
    fitted = LinearRegression().fit(X[:18], y[:18])
    np.testing.assert_array_equal(result["forecast"], fitted.predict(X[18:]))


def test_test_rows_may_have_any_order():
    X, y = make_series()
    X = X.assign(step=np.arange(20.0))
    frames = [
        backtest(LinearRegression(), X, y, cv=[(np.arange(10), np.array(test))])
        for test in ([12, 15, 17], [17, 12, 15])
    ]
    pd.testing.assert_frame_equal(*frames)
    fitted = LinearRegression().fit(X[:10], y[:10])
    expected = fitted.predict(X.iloc[[12, 15, 17]])
    np.testing.assert_array_equal(frames[0]["forecast"], expected)


def test_missing_methods_raise():
    X, y = make_series()
    with pytest.raises(
        TypeError, match="LinearRegression has no method update: set refit=T"
    ):
        backtest(LinearRegression(), X, y, cv=make_splitter(), refit=False)
    piped = make_pipeline(StandardScaler(), LinearRegression())
    with pytest.raises(TypeError, match="LinearRegression has no method predict_quantiles"):
        backtest(piped, X, y, cv=make_splitter(), quantiles=[0.5])
    wrapped = TransformedTargetRegressor(Recorder(), transformer=StandardScaler())
    with pytest.raises(TypeError, match="hides update of Recorder.*target_transformer="):
        backtest(wrapped, X, y, cv=make_splitter(), refit=False)
    assert not CALLS

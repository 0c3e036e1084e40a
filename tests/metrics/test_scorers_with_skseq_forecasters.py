"""Tests of the scorers with the forecasters of skseq."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUForecaster, SeasonalNaive
from skseq.metrics import (
    make_interval_scorer,
    make_quantile_scorer,
    mase_scorer,
    rmsse_scorer,
    smape_scorer,
)

from .cases import make_panel

ALL = {
    "mase": mase_scorer,
    "rmsse": rmsse_scorer,
    "smape": smape_scorer,
    "winkler": make_interval_scorer(coverage=0.8),
    "quantiles": make_quantile_scorer([0.1, 0.5, 0.9]),
}
CV = TimeSeriesSplit(3, test_size=6)


def make_series():
    _, y = make_panel(48, names=["north"])
    y = y.droplevel(0)
    return y.to_frame()[[]].assign(step=np.arange(48.0)), y


def test_seasonal_naive_has_scaled_error_one_on_its_training_series():
    X, y = make_series()
    # The training parts are multiples of the horizon: all rows after the first period have
    # forecasts.
    cv = TimeSeriesSplit(3, test_size=4)
    scores = cross_validate(
        SeasonalNaive(period=4, horizon=4),
        X,
        y,
        cv=cv,
        scoring=ALL,
        return_train_score=True,
        error_score="raise",
    )
    np.testing.assert_allclose(scores["train_mase"], -1, rtol=1e-12)
    np.testing.assert_allclose(scores["train_rmsse"], -1, rtol=1e-12)
    assert all(np.isfinite(scores[f"test_{name}"]).all() for name in ALL)


@pytest.mark.filterwarnings("ignore::skseq.exceptions.LostIndexWarning")
def test_network_in_a_grid_search():
    X, y = make_series()
    network = GRUForecaster(
        horizon=6, context_length=8, hidden_size=4, max_epochs=1, random_state=0
    )
    search = GridSearchCV(
        make_pipeline(StandardScaler(), network),
        {"gruforecaster__hidden_size": [2, 4]},
        cv=CV,
        scoring=ALL,
        refit="winkler",
        error_score="raise",
    ).fit(X[:-6], y[:-6])
    for scorer in ALL.values():
        assert np.isfinite(scorer(search, X[-6:], y[-6:]))


def test_target_transformer_matches_transformed_target_regressor():
    X, y = make_series()
    y = y - y.min() + 1
    inside = SeasonalNaive(period=4, target_transformer=StandardScaler())
    outside = TransformedTargetRegressor(
        SeasonalNaive(period=4), transformer=StandardScaler()
    )
    scoring = {"mase": mase_scorer, "smape": smape_scorer}
    one, other = (
        cross_validate(model, X, y, cv=CV, scoring=scoring, error_score="raise")
        for model in (inside, outside)
    )
    for name in ("test_mase", "test_smape"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-9)


def test_series_column_of_X_matches_multi_index():
    X, y = make_panel()
    late = y.index.get_level_values(1) >= y.index.get_level_values(1)[18]
    expected = SeasonalNaive(period=4).fit(X[~late], y[~late])
    column = X.reset_index("series")
    bare = y.droplevel(0)
    model = SeasonalNaive(period=4, series="series").fit(column[~late], bare[~late])
    for scorer in ALL.values():
        score = scorer(model, column[late], bare[late])
        assert score == pytest.approx(scorer(expected, X[late], y[late]), rel=1e-12)


@pytest.mark.filterwarnings("ignore::skseq.exceptions.LostIndexWarning")
class TestPipelineDropsTheIndex:
    """Without an index, rows are those that follow the last observation."""

    def fit(self, output="default"):
        X, y = make_series()
        scaler = StandardScaler().set_output(transform=output)
        return X, y, make_pipeline(scaler, SeasonalNaive(period=4)).fit(X[:30], y[:30])

    @pytest.mark.parametrize("name", sorted(ALL))
    def test_next_rows_are_scored(self, name):
        X, y, model = self.fit()
        _, _, other = self.fit("pandas")
        rows = slice(30, 36)
        assert ALL[name](model, X[rows], y[rows]) == ALL[name](other, X[rows], y[rows])

    @pytest.mark.parametrize("name", sorted(ALL))
    @pytest.mark.parametrize("start", [8, 20, 32])
    def test_other_rows_raise(self, name, start):
        X, y, model = self.fit()
        rows = slice(start, start + 6)
        stamp = y.index[start].date()
        message = (
            rf"SeasonalNaive would take the row of {stamp} .* for 2024-01-31 .*'pandas'"
        )
        with pytest.raises(ValueError, match=message):
            ALL[name](model, X[rows], y[rows])
        if start < 30:
            _, _, other = self.fit("pandas")
            assert np.isfinite(ALL[name](other, X[rows], y[rows]))

    def test_index_without_times_is_not_checked(self):
        X, y, _ = self.fit()
        X = X.set_axis([f"row {i}" for i in range(48)])
        model = make_pipeline(StandardScaler(), SeasonalNaive(period=4))
        model.fit(X[:30].to_numpy(), y[:30])
        named = pd.DataFrame(X[30:36].to_numpy(), index=X.index[30:36])
        assert np.isfinite(mase_scorer(model, named, y[30:36].to_numpy()))

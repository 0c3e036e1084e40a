"""Tools of scikit-learn return the same as calls of `fit` and `predict`."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_predict,
    cross_validate,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    PowerTransformer,
    StandardScaler,
)

from skseq import Drift, GRUForecaster, SeasonalNaive
from skseq.datasets import load_airline, load_m1_yearly
from skseq.model_selection import PanelTimeSeriesSplit
from skseq.preprocessing import CalendarFeatures

from ..cases import name_of
from .cases import (
    NETS,
    every_forecaster,
    make,
    one_of_each,
    predict_array,
    two_nets,
)

TEST = 8
SPLITS = [
    TimeSeriesSplit(n_splits=2, test_size=4),
    TimeSeriesSplit(n_splits=2, test_size=6, gap=3),
    TimeSeriesSplit(n_splits=2, test_size=4, max_train_size=50),
    TimeSeriesSplit(n_splits=2),
]


def load():
    """Return X without columns, and seven years of airline passengers."""
    X, y = load_airline(return_X_y=True)
    return X[-84:], y[-84:]


def add_columns(X):
    """Return X with numeric and text columns, all known in advance."""
    month = X.index.month
    return X.assign(
        trend=np.arange(len(X)) / 12,
        summer=np.isin(month, [6, 7, 8]).astype(float),
        quarter=np.array(["winter", "spring", "summer", "autumn"])[month % 12 // 3],
    )


def load_few():
    """Return a few yearly series of different lengths."""
    X, y = load_m1_yearly(return_X_y=True)
    names = y.index.get_level_values("series")
    few = np.isin(names, names.unique()[[0, 1, 2, 30]])
    return X[few], y[few]


# Cross-validation ------------------------------------------------------------------


@pytest.mark.parametrize("cv", SPLITS, ids=str)
@pytest.mark.parametrize("cls", [SeasonalNaive, Drift], ids=name_of)
def test_cross_validate_baselines(cls, cv):
    check_cross_validation(cls, cv)


@two_nets
def test_cross_validate_networks(cls):
    check_cross_validation(cls, SPLITS[1])


def check_cross_validation(cls, cv):
    X, y = load()
    found = cross_validate(
        make(cls), X, y, cv=cv, return_train_score=True, return_estimator=True
    )
    for k, (train, test) in enumerate(cv.split(X)):
        forecaster = make(cls).fit(X.iloc[train], y.iloc[train])
        forecasts = forecaster.predict(X.iloc[test])
        assert found["test_score"][k] == r2_score(y.iloc[test], forecasts)
        assert found["train_score"][k] == forecaster.score(X.iloc[train], y.iloc[train])
        assert found["estimator"][k].predict(X.iloc[test]).equals(forecasts)


@every_forecaster
def test_scorers_of_scikit_learn(cls):
    X, y = load()
    names = ["neg_mean_absolute_error", "neg_root_mean_squared_error", "r2"]
    found = cross_validate(
        make(cls), X, y, cv=SPLITS[0], scoring=names, error_score="raise"
    )
    ((train, test),) = list(SPLITS[0].split(X))[-1:]
    forecasts = make(cls).fit(X.iloc[train], y.iloc[train]).predict(X.iloc[test])
    wanted = -mean_absolute_error(y.iloc[test], forecasts)
    assert found["test_neg_mean_absolute_error"][-1] == pytest.approx(wanted)


def test_cross_val_predict_by_time():
    """The forecasts are those of a forecaster that was fitted without the rows."""
    X, y = load()
    cut = np.arange(len(X)) >= len(X) - TEST
    folds = [(np.flatnonzero(~cut), np.flatnonzero(cut))]
    folds.append((np.flatnonzero(~cut), np.flatnonzero(~cut)))
    found = cross_val_predict(make(GRUForecaster), X, y, cv=folds)
    wanted = make(GRUForecaster).fit(X[~cut], y[~cut]).predict(X)
    np.testing.assert_array_equal(found, wanted)


# Searches --------------------------------------------------------------------------


def test_grid_search():
    X, y = load()
    grid = {"hidden_size": [4, 8], "differencing": [None, "seasonal"]}
    search = GridSearchCV(
        make(GRUForecaster, period=12),
        grid,
        cv=SPLITS[1],
        scoring="neg_mean_absolute_error",
        error_score="raise",
    )
    search.fit(X[:-TEST], y[:-TEST])
    best = make(GRUForecaster, period=12, **search.best_params_)
    wanted = best.fit(X[:-TEST], y[:-TEST]).predict(X[-TEST:])
    assert search.predict(X[-TEST:]).equals(wanted)
    assert search.best_params_["differencing"] == "seasonal"
    assert search.best_estimator_.horizon_ == 4


def test_search_with_threads_equals_a_sequential_search():
    from joblib import parallel_backend

    X, y = load()
    search = RandomizedSearchCV(
        make(GRUForecaster), {"lr": [1e-3, 1e-2, 0.1]}, n_iter=3, cv=SPLITS[0], n_jobs=2
    )
    alone = RandomizedSearchCV(
        make(GRUForecaster), {"lr": [1e-3, 1e-2, 0.1]}, n_iter=3, cv=SPLITS[0]
    ).fit(X, y)
    with parallel_backend("threading"):
        search.fit(X, y)
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(search.cv_results_[name], alone.cv_results_[name])


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_search_over_a_panel(n_jobs):
    X, y = load_few()
    cv = PanelTimeSeriesSplit(n_splits=2, test_size=3)
    search = GridSearchCV(
        make(GRUForecaster, context_length=None, horizon=3),
        {"lr": [1e-3, 1e-2]},
        cv=cv,
        scoring="neg_mean_absolute_error",
        n_jobs=n_jobs,
        error_score="raise",
    ).fit(X, y)
    for k, lr in enumerate([1e-3, 1e-2]):
        scores = []
        for train, test in cv.split(X, y):
            forecaster = make(GRUForecaster, context_length=None, horizon=3, lr=lr)
            forecaster.fit(X.iloc[train], y.iloc[train])
            forecasts = forecaster.predict(X.iloc[test])
            scores.append(-mean_absolute_error(y.iloc[test], forecasts))
        assert search.cv_results_["mean_test_score"][k] == pytest.approx(np.mean(scores))
    future = search.best_estimator_.forecast(2)
    assert future.index.get_level_values(0).unique().tolist() == list(
        y.index.get_level_values("series").unique()
    )
    assert search.predict(pd.DataFrame(index=future.index)).equals(future)


# Pipelines -------------------------------------------------------------------------


def encode():
    """Return a transformer of all columns of X."""
    return ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["trend", "summer"]),
            ("text", OneHotEncoder(sparse_output=False), ["quarter"]),
        ]
    )


@one_of_each
def test_column_transformer_with_pandas_output(cls):
    X, y = load()
    X = add_columns(X)
    pipeline = make_pipeline(encode(), make(cls)).set_output(transform="pandas")
    pipeline.fit(X[:-TEST], y[:-TEST])
    encoder = encode().set_output(transform="pandas").fit(X[:-TEST])
    alone = make(cls).fit(encoder.transform(X[:-TEST]), y[:-TEST])
    wanted = alone.predict(encoder.transform(X))
    assert pipeline.predict(X).equals(wanted)
    order = np.r_[np.random.default_rng(0).permutation(len(X) - TEST), -TEST:0]
    assert pipeline.predict(X.iloc[order]).equals(wanted.iloc[order])


@pytest.mark.filterwarnings("ignore::skseq.exceptions.LostIndexWarning")
@one_of_each
def test_column_transformer_with_array_output(cls):
    """Rows are then taken as those right after the last observation."""
    X, y = load()
    X = add_columns(X)
    pipeline = make_pipeline(encode(), make(cls)).fit(X[:-TEST], y[:-TEST])
    frames = make_pipeline(encode(), make(cls)).set_output(transform="pandas")
    wanted = frames.fit(X[:-TEST], y[:-TEST]).predict(X[-TEST:])
    np.testing.assert_array_equal(pipeline.predict(X[-TEST:]), wanted)


@two_nets
def test_calendar_features_in_a_pipeline(cls):
    X, y = load()
    pipeline = make_pipeline(CalendarFeatures(), make(cls))
    pipeline.fit(X[:-TEST], y[:-TEST])
    calendar = CalendarFeatures().fit(X[:-TEST])
    alone = make(cls).fit(calendar.transform(X[:-TEST]), y[:-TEST])
    assert alone.reader_.table.columns == ["month_sin", "month_cos"]
    wanted = alone.predict(calendar.transform(X[-TEST:]))
    assert pipeline.predict(X[-TEST:]).equals(wanted)
    assert not wanted.equals(make(cls).fit(X[:-TEST], y[:-TEST]).predict(X[-TEST:]))
    scores = cross_validate(pipeline, X, y, cv=SPLITS[0], error_score="raise")
    assert np.isfinite(scores["test_score"]).all()
    # After a gap the calendar features of the rows in between are missing.
    with pytest.raises(ValueError, match="X lacks 3 rows between"):
        cross_validate(pipeline, X, y, cv=SPLITS[1], error_score="raise")


def test_calendar_features_in_a_feature_union():
    X, y = load()
    X = add_columns(X)[["trend"]]
    calendar = CalendarFeatures(remainder="drop")
    union = FeatureUnion([("calendar", calendar), ("rest", "passthrough")])
    pipeline = make_pipeline(union, make(GRUForecaster)).set_output(transform="pandas")
    forecasts = pipeline.fit(X[:-TEST], y[:-TEST]).predict(X[-TEST:])
    assert forecasts.index.equals(X.index[-TEST:])
    assert pipeline[-1].n_features_in_ == 3


@one_of_each
def test_quantiles_through_a_pipeline(cls):
    X, y = load()
    pipeline = make_pipeline(CalendarFeatures(), make(cls)).fit(X[:-TEST], y[:-TEST])
    features = pipeline[:-1].transform(X[-TEST:])
    wanted = pipeline[-1].predict_quantiles(features, [0.1, 0.9])
    assert pipeline.predict(X[-TEST:], quantiles=[0.1, 0.9]).equals(wanted)


def test_quantiles_through_a_search_over_a_pipeline():
    X, y = load()
    pipeline = Pipeline([("calendar", CalendarFeatures()), ("forecaster", SeasonalNaive())])
    search = GridSearchCV(pipeline, {"forecaster__period": [1, 12]}, cv=SPLITS[0])
    search.fit(X[:-TEST], y[:-TEST])
    assert search.best_params_ == {"forecaster__period": 12}
    wanted = SeasonalNaive(period=12).fit(X[:-TEST], y[:-TEST])
    found = search.best_estimator_.predict(X[-TEST:], quantiles=[0.1, 0.9])
    assert found.equals(wanted.predict_quantiles(X[-TEST:], [0.1, 0.9]))


def test_pandas_output_by_configuration():
    X, y = load()
    X = add_columns(X)
    with config_context(transform_output="pandas"):
        pipeline = make_pipeline(encode(), make(GRUForecaster))
        forecasts = pipeline.fit(X[:-TEST], y[:-TEST]).predict(X[-TEST:])
    assert forecasts.index.equals(X.index[-TEST:])


# Targets ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "transformer",
    [StandardScaler(), PowerTransformer(), FunctionTransformer(np.log, np.exp)],
    ids=lambda t: type(t).__name__,
)
@one_of_each
def test_transformed_target_regressor(cls, transformer):
    check_transformed_target(cls, transformer)


@pytest.mark.parametrize("cls", NETS, ids=name_of)
def test_transformed_target_regressor_of_networks(cls):
    check_transformed_target(cls, StandardScaler())


def check_transformed_target(cls, transformer):
    """Check that TransformedTargetRegressor equals `target_transformer`."""
    X, y = load()
    around = TransformedTargetRegressor(make(cls), transformer=transformer)
    around.fit(X[:-TEST], y[:-TEST])
    within = make(cls, target_transformer=transformer).fit(X[:-TEST], y[:-TEST])
    # It passes y as an array, but X keeps its index.
    forecasts = around.predict(X[-TEST:])
    np.testing.assert_allclose(forecasts, within.predict(X[-TEST:]), rtol=1e-6)
    scores = cross_validate(around, X, y, cv=SPLITS[1], error_score="raise")
    assert np.isfinite(scores["test_score"]).all()


@one_of_each
def test_several_targets(cls):
    X, y = load()
    both = pd.DataFrame({"a": y, "b": y[::-1].to_numpy() ** 0.5})
    scores = cross_validate(make(cls), X, both, cv=SPLITS[0], error_score="raise")
    assert scores["test_score"].shape == (2,)
    forecaster = make(cls).fit(X[:-TEST], both[:-TEST])
    forecasts = forecaster.predict(X[-TEST:])
    assert forecaster.score(X[-TEST:], both[-TEST:]) == pytest.approx(
        r2_score(both[-TEST:], forecasts)
    )


@pytest.mark.parametrize("cls", [SeasonalNaive, Drift])
def test_baselines_forecast_targets_independently(cls):
    X, y = load()
    both = pd.DataFrame({"a": y, "b": y[::-1].to_numpy() ** 0.5})
    forecaster = make(cls).fit(X[:-TEST], both[:-TEST])
    for name in both:
        alone = make(cls).fit(X[:-TEST], both[name][:-TEST])
        np.testing.assert_allclose(
            predict_array(forecaster, X[-TEST:])[:, "ab".index(name)],
            predict_array(alone, X[-TEST:]),
        )


def test_multi_output_regressor():
    X, y = load()
    both = pd.DataFrame({"a": y, "b": y[::-1].to_numpy() ** 0.5})
    forecaster = MultiOutputRegressor(make(GRUForecaster)).fit(X[:-TEST], both[:-TEST])
    alone = make(GRUForecaster).fit(X[:-TEST], both["b"][:-TEST])
    found = forecaster.predict(X[-TEST:])[:, 1]
    np.testing.assert_array_equal(found, alone.predict(X[-TEST:]))

"""Tests of CalendarFeatures with scikit-learn's checks and meta-estimators."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks

from skseq.datasets import load_airline
from skseq.preprocessing import CalendarFeatures


def make_days(n=28):
    index = pd.date_range("2024-01-01", periods=n, name="day")
    return pd.DataFrame({"price": np.arange(float(n)), "name": "a"}, index=index)


# Most checks of scikit-learn pass arrays, which have no time index. Only checks that do not
# need X apply.


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_estimator_tags_renamed,
        estimator_checks.check_valid_tag_types,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_mixin_order,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learn_contract(check):
    check("CalendarFeatures", CalendarFeatures(["hour"]))


def test_unfitted_raises():
    for call in (CalendarFeatures().transform, CalendarFeatures().get_feature_names_out):
        with pytest.raises(NotFittedError):
            call(make_days())


def test_clone_and_pickle():
    X = make_days()
    features = CalendarFeatures(["weekday"]).fit(X)
    assert clone(features).get_params() == {
        "features": ["weekday"],
        "remainder": "passthrough",
    }
    restored = pickle.loads(pickle.dumps(features))
    pd.testing.assert_frame_equal(restored.transform(X), features.transform(X))


WAVES = ["weekday_sin", "weekday_cos"]


@pytest.mark.parametrize("remainder", ["passthrough", "drop"])
@pytest.mark.parametrize("input_features", [None, ["price", "name"]])
def test_get_feature_names_out(input_features, remainder):
    calendar = CalendarFeatures(remainder=remainder).fit(make_days())
    names = calendar.get_feature_names_out(input_features)
    more = ["price", "name"] if remainder == "passthrough" else []
    assert names.tolist() == WAVES + more == list(calendar.transform(make_days()))
    assert names.dtype == object


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_output_keeps_the_index(output):
    X = make_days()
    out = CalendarFeatures().set_output(transform=output).fit_transform(X)
    assert isinstance(out, pd.DataFrame)
    assert out.index.equals(X.index)
    assert list(out) == [*WAVES, "price", "name"]


def test_polars_output():
    polars = pytest.importorskip("polars")
    X = make_days()
    features = CalendarFeatures().set_output(transform="polars")
    out = features.fit_transform(X)
    assert isinstance(out, polars.DataFrame)
    assert out.columns == [*WAVES, "price", "name"]
    np.testing.assert_array_equal(out, CalendarFeatures().fit_transform(X))


# Meta-estimators of scikit-learn


@pytest.mark.parametrize("columns", [["price", "name"], []])
def test_feature_union_keeps_the_columns(columns):
    X = make_days()[columns]
    calendar = CalendarFeatures(remainder="drop")
    union = FeatureUnion([("calendar", calendar), ("known", "passthrough")])
    out = union.set_output(transform="pandas").fit_transform(X)
    assert out.index.equals(X.index)
    assert list(out) == [
        "calendar__weekday_sin",
        "calendar__weekday_cos",
        *[f"known__{column}" for column in columns],
    ]


@pytest.mark.parametrize("selection", ["price", ["price"], ["name", "price"]])
def test_column_transformer_with_any_column(selection):
    X = make_days()
    both = make_column_transformer(
        (CalendarFeatures(remainder="drop"), selection), ("passthrough", ["price"])
    ).set_output(transform="pandas")
    out = both.fit(X).transform(X)
    assert out.index.equals(X.index)
    assert [name.split("__")[1] for name in out] == ["weekday_sin", "weekday_cos", "price"]
    alone = CalendarFeatures(remainder="drop").fit_transform(X)
    np.testing.assert_array_equal(out.iloc[:, :2], alone)


def test_column_transformer_skips_it_without_columns():
    # The docstring warns of this. If this fails, scikit-learn has changed: update it.
    transformer = ColumnTransformer([("calendar", CalendarFeatures(), [])])
    assert transformer.fit_transform(make_days()).shape == (28, 0)


def test_pipeline_keeps_the_index():
    X = make_days()[["price"]]
    pipeline = make_pipeline(CalendarFeatures(), StandardScaler())
    out = pipeline.set_output(transform="pandas").fit_transform(X)
    assert out.index.equals(X.index)
    assert pipeline.get_feature_names_out().tolist() == [*WAVES, "price"]


def test_global_output_configuration():
    X = make_days()[["price"]]
    with sklearn.config_context(transform_output="pandas"):
        out = make_pipeline(CalendarFeatures(), StandardScaler()).fit_transform(X)
    assert out.index.equals(X.index)


def test_cross_validation_with_time_series_split():
    # X has no columns, so the month is the only information.
    X, y = load_airline(return_X_y=True)
    season = y / y.groupby(y.index.year).transform("mean")
    scores = cross_val_score(
        make_pipeline(CalendarFeatures(), Ridge(alpha=1e-6)),
        X,
        season,
        cv=TimeSeriesSplit(n_splits=3, test_size=12),
    )
    assert scores.min() > 0.5

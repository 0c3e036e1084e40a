"""Input data: precision, read-only memory, missing values, feature names, tags."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.utils import get_tags
from sklearn.utils._testing import create_memmap_backed_data

from skseq import Sequences

from .cases import (
    ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    N_FEATURES,
    TWO_ESTIMATORS,
    as_form,
    make,
    make_X,
    make_y,
    name_of,
    predict,
)
from .probes import warnings_are_errors

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)


def copy_arrays(X):
    """Return copies of the sequences of any form, as a list of arrays."""
    return [np.array(sequence) for sequence in X]


def with_missing_values(form):
    """Return sequences with a tenth of the values set to NaN."""
    random = np.random.default_rng(7)
    arrays = copy_arrays(make_X(form))
    for array in arrays:
        array[random.random(array.shape) < 0.1] = np.nan
    return as_form(form, arrays)


@every_estimator_and_form
def test_float32_and_float64_give_the_same_predictions(cls, form):
    single = [array.astype(np.float32) for array in copy_arrays(make_X(form))]
    double = [array.astype(np.float64) for array in single]
    y = make_y(cls)
    estimator = make(cls).fit(as_form(form, double), y)
    found = predict(estimator, as_form(form, single))
    np.testing.assert_allclose(found, predict(estimator, as_form(form, double)), atol=1e-5)
    other = make(cls).fit(as_form(form, single), y)
    np.testing.assert_allclose(predict(other, as_form(form, single)), found, atol=1e-4)
    assert found.dtype == np.float64
    assert estimator.transform(as_form(form, double)).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, bool, np.float16, object])
@two_estimators
def test_all_numeric_dtypes_are_accepted(cls, dtype):
    arrays = [np.round(array) > 1 for array in copy_arrays(make_X("ragged"))]
    y = make_y(cls)
    expected = make(cls).fit([a.astype(float) for a in arrays], y)
    found = make(cls).fit([a.astype(dtype) for a in arrays], y)
    expected = predict(expected, [a.astype(float) for a in arrays])
    assert (predict(found, [a.astype(dtype) for a in arrays]) == expected).all()


def test_large_offsets_do_not_lose_precision():
    """For example Unix time in seconds, which varies little compared with its size."""
    X, y = make_X("cube"), make_y(TWO_ESTIMATORS[0])
    near = make(TWO_ESTIMATORS[0]).fit(X, y).predict_proba(X)
    far = make(TWO_ESTIMATORS[0]).fit(X + 1.7e9, y).predict_proba(X + 1.7e9)
    np.testing.assert_allclose(far, near, atol=1e-4)


@every_estimator_and_form
def test_input_is_not_modified(cls, form):
    X, y = make_X(form), make_y(cls)
    weights = np.linspace(0, 1, 24)
    groups = np.arange(24) // 4
    before = copy_arrays(X), y.copy(), weights.copy(), groups.copy()
    estimator = make(cls, early_stopping=True, validation_fraction=0.3)
    estimator.fit(X, y, sample_weight=weights, groups=groups)
    estimator.partial_fit(X, y, sample_weight=weights)
    predict(estimator, X)
    estimator.transform(X)
    for now, then in zip(copy_arrays(X), before[0], strict=True):
        np.testing.assert_array_equal(now, then)
    np.testing.assert_array_equal(y, before[1])
    np.testing.assert_array_equal(weights, before[2])
    np.testing.assert_array_equal(groups, before[3])


@every_form
@two_estimators
def test_missing_values_in_the_input_are_not_filled(cls, form):
    X = with_missing_values(form)
    before = copy_arrays(X)
    predict(make(cls, missing="mask").fit(X, make_y(cls)), X)
    for now, then in zip(copy_arrays(X), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("missing", ["error", "mask"])
@pytest.mark.parametrize("form", ["cube", "sequences", "ragged"])
@every_estimator
def test_read_only_memmap(cls, form, missing):
    arrays, y = copy_arrays(make_X("cube")), make_y(cls)
    expected = predict(make(cls, missing=missing).fit(arrays, y), arrays)
    stored, y = create_memmap_backed_data([np.stack(arrays), y])
    if form == "sequences":
        X = Sequences(stored.reshape(-1, N_FEATURES), np.full(24, 6))
    else:
        X = stored if form == "cube" else list(stored)
    found = predict(make(cls, missing=missing).fit(X, y), X)
    assert (found == expected).all()


@every_estimator
def test_missing_values_are_masked(cls):
    whole, incomplete, y = make_X("ragged"), with_missing_values("ragged"), make_y(cls)
    trained = {"max_epochs": 25, "lr": 0.03, "missing": "mask"}
    for X in (whole, incomplete):
        estimator = make(cls, **trained).fit(X, y)
        for X_new in (whole, incomplete):
            assert np.isfinite(predict(estimator, X_new)).all()
        # Far better than a constant prediction, with an accuracy of 1/3 or an R2 of 0.
        assert estimator.score(X, y) > 0.8


@two_estimators
def test_missing_values_differ_from_the_mean(cls):
    """A missing value is not the same as 0 after scaling."""
    X, y = with_missing_values("ragged"), make_y(cls)
    estimator = make(cls, missing="mask").fit(X, y)
    mean = np.nanmean(np.concatenate(X), axis=0)
    filled = [np.where(np.isnan(array), mean, array) for array in X]
    assert not np.allclose(predict(estimator, filled), predict(estimator, X))


@two_estimators
def test_changing_missing_takes_effect_at_the_next_fit(cls):
    """A network trained with missing="error" has no inputs for missing values."""
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls).fit(X, y).set_params(missing="mask")
    with pytest.raises(ValueError, match="NaN"):
        predict(estimator, with_missing_values("ragged"))
    estimator.fit(X, y).set_params(missing="error")
    assert np.isfinite(predict(estimator, with_missing_values("ragged"))).all()


@two_estimators
def test_feature_without_any_value(cls):
    X, y = make_X("ragged"), make_y(cls)
    for array in X:
        array[:, 1] = np.nan
    assert np.isfinite(predict(make(cls, missing="mask").fit(X, y), X)).all()


@every_estimator
def test_tags_follow_the_parameters(cls):
    assert not get_tags(cls()).input_tags.allow_nan
    assert get_tags(cls(missing="mask")).input_tags.allow_nan
    tags = get_tags(cls())
    assert tags.input_tags.three_d_array
    assert tags.input_tags.two_d_array
    assert tags.target_tags.required


@every_estimator_and_form
def test_number_of_features(cls, form):
    X = make_X(form)
    assert make(cls).fit(X, make_y(cls)).n_features_in_ == N_FEATURES


@two_estimators
def test_feature_names_are_stored_and_validated(cls):
    X = make_X("sequences")
    named = Sequences(X.values, X.lengths, feature_names=["a", "b", "c"])
    estimator = make(cls).fit(named, make_y(cls))
    assert estimator.feature_names_in_.tolist() == ["a", "b", "c"]
    expected = predict(estimator, named)
    assert (predict(estimator, X) == expected).all(), "names are optional"
    swapped = Sequences(X.values, X.lengths, feature_names=["b", "a", "c"])
    with pytest.raises(ValueError, match=r"\['b', 'a', 'c'\].*\['a', 'b', 'c'\]"):
        predict(estimator, swapped)
    estimator.fit(X, make_y(cls))
    assert not hasattr(estimator, "feature_names_in_")


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
@two_estimators
def test_feature_names_of_a_list_of_frames(cls, kind):
    arrays, y = make_X("ragged"), make_y(cls)
    X = [kind(dict(zip("abc", array.T, strict=True))) for array in arrays]
    estimator = make(cls).fit(X, y)
    assert estimator.feature_names_in_.tolist() == ["a", "b", "c"]
    assert (predict(estimator, X) == predict(make(cls).fit(arrays, y), arrays)).all()
    assert (predict(estimator, arrays) == predict(estimator, X)).all(), "names are optional"
    for wrong in (["b", "a", "c"], ["a", "b"], ["a", "b", "c", "d"]):
        other = [kind({name: [1.0] for name in wrong})]
        with pytest.raises(
            ValueError, match="X has the features .*fitted on .'a', 'b', 'c'"
        ):
            predict(estimator, other)
    X[7] = X[7][["c", "b", "a"]]
    message = (
        r"sequence 7 has the columns \['c', 'b', 'a'\], but sequence 0 has \['a', 'b', 'c'"
    )
    for call in (make(cls).fit, estimator.partial_fit):
        with pytest.raises(ValueError, match=message):
            call(X, y)


@two_estimators
def test_frame_columns_of_arrays(cls):
    arrays, y = make_X("ragged"), make_y(cls)
    expected = predict(make(cls).fit(arrays, y), arrays)
    one_column = pd.DataFrame({"signal": pd.Series(arrays, dtype=object)})
    assert (predict(make(cls).fit(one_column, y), one_column) == expected).all()
    several = pd.DataFrame(
        {f"axis{k}": pd.Series([a[:, k] for a in arrays], dtype=object) for k in range(3)}
    )
    assert (predict(make(cls).fit(several, y), several) == expected).all()


@two_estimators
def test_table_of_numbers_is_univariate(cls):
    table, y = make_X("cube")[:, :, 0], make_y(cls)
    estimator = make(cls).fit(table, y)
    assert estimator.n_features_in_ == 6
    assert (predict(estimator, table[:, :, None]) == predict(estimator, table)).all()
    frame = pd.DataFrame(table, columns=[f"t{k}" for k in range(6)])
    assert make(cls).fit(frame, y).feature_names_in_.tolist() == list(frame.columns)


@every_estimator
def test_names_of_the_columns_of_a_table_are_optional(cls):
    """scikit-learn's warning of missing names does not reach the user."""
    y = make_y(cls)
    named = pd.DataFrame(make_X("cube")[:, :, 0], columns=[f"t{k}" for k in range(6)])
    values = named.to_numpy()
    estimator = make(cls).fit(named, y)
    expected = predict(estimator, named)
    with warnings_are_errors():
        for X in (values, values.tolist(), pd.DataFrame(values)):
            assert (predict(estimator, X) == expected).all()
            estimator.score(X, y)
            estimator.transform(X)
        make(cls).fit(values, y).predict(named)
        estimator.partial_fit(values, y)
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.predict(named[named.columns[::-1]])
    with pytest.raises(ValueError, match="X has 5 features, but .* expecting 6"):
        estimator.predict(values[:, :5])

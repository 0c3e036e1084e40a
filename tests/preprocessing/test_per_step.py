"""PerStep matches the transformer on stacked steps, for every form of X."""

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.decomposition import PCA, IncrementalPCA
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    StandardScaler,
    TargetEncoder,
)
from sklearn.utils.estimator_checks import parametrize_with_checks

from skseq import GRUStepClassifier, Sequences
from skseq.preprocessing import PerStep
from skseq.sequences import fill_cells

from .cases import (
    NAMES,
    OnlyFitAndTransform,
    assert_same,
    make_cube,
    make_ragged,
    make_sequences,
    transform_stacked,
)


@parametrize_with_checks(
    [PerStep(StandardScaler()), PerStep(IncrementalPCA()), PerStep(PolynomialFeatures())]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_ragged_list_returns_list_of_arrays():
    X = make_ragged()
    out = PerStep(StandardScaler()).fit_transform(X)
    assert isinstance(out, list)
    assert_same(out, transform_stacked(StandardScaler(), X))


def test_equal_length_list_returns_list_of_arrays():
    out = PerStep(StandardScaler()).fit(make_ragged()).transform(list(make_cube()))
    assert isinstance(out, list)
    assert [steps.shape for steps in out] == [(5, 2)] * 12


def test_list_of_1d_arrays():
    X = [steps[:, 0] for steps in make_ragged()]
    out = PerStep(StandardScaler()).fit_transform(X)
    assert_same(out, transform_stacked(StandardScaler(), [x[:, None] for x in X]))


@pytest.mark.parametrize("n_components", [1, 2])
def test_3d_array_returns_3d_array(n_components):
    X = make_cube()
    out = PerStep(PCA(n_components)).fit_transform(X)
    expected = PCA(n_components).fit_transform(X.reshape(60, 2))
    assert isinstance(out, np.ndarray)
    assert out.shape == (12, 5, n_components)
    np.testing.assert_array_equal(out, expected.reshape(12, 5, n_components))


def test_2d_array_has_one_feature_per_step():
    X = make_cube()[:, :, 0]
    per_step = PerStep(StandardScaler())
    out = per_step.fit_transform(X)
    np.testing.assert_allclose(out, (X - X.mean()) / X.std(), rtol=1e-12)
    assert per_step.n_features_in_ == 5
    assert per_step.transformer_.n_features_in_ == 1


def test_2d_array_becomes_3d_with_several_features_out():
    X = make_cube()[:, :, 0]
    out = PerStep(PolynomialFeatures(include_bias=False)).fit_transform(X)
    np.testing.assert_array_equal(out, np.stack([X, X**2], axis=2))


def test_2d_frame_keeps_its_column_names():
    X = pd.DataFrame(make_cube()[:, :, 0], columns=list("abcde"))
    per_step = PerStep(StandardScaler()).fit(X)
    assert per_step.feature_names_in_.tolist() == list("abcde")
    assert per_step.get_feature_names_out().tolist() == list("abcde")
    assert per_step.transform(X).shape == (12, 5)


@pytest.mark.parametrize("form", ["frame", "series", "object"])
def test_cells_of_arrays_return_sequences(form):
    ragged = make_ragged()
    series = pd.Series(ragged, name="signal")
    X = {"frame": series.to_frame(), "series": series, "object": series.to_numpy()}[form]
    out = PerStep(StandardScaler()).fit_transform(X)
    assert isinstance(out, Sequences)
    assert_same(out, transform_stacked(StandardScaler(), ragged))


def test_sequences_keep_ids_and_names():
    X = make_sequences()
    out = PerStep(StandardScaler()).fit_transform(X)
    assert isinstance(out, Sequences)
    assert_same(out, transform_stacked(StandardScaler(), make_ragged()))
    assert out.ids.tolist() == X.ids.tolist()
    assert out.feature_names == NAMES


def test_views_of_sequences():
    X = make_sequences()
    view = X[[3, 1]]
    per_step = PerStep(StandardScaler()).fit(view)
    ragged = make_ragged()
    np.testing.assert_array_equal(
        per_step.transformer_.mean_,
        StandardScaler().fit(np.concatenate([ragged[3], ragged[1]])).mean_,
    )
    out = per_step.transform(view)
    assert out.ids.tolist() == ["patient 3", "patient 1"]
    assert [len(steps) for steps in out] == [4, 1]


def test_fit_on_one_form_transforms_another():
    ragged = make_ragged()
    per_step = PerStep(StandardScaler()).fit(ragged)
    named = per_step.transform(make_sequences())
    assert_same(named, per_step.transform(ragged))
    by_name = PerStep(StandardScaler()).fit(make_sequences())
    assert_same(by_name.transform(ragged), per_step.transform(ragged))


def test_statistics_exclude_padding():
    X = [np.full((98, 1), 1.0), np.array([[2.0], [4.0]])]
    per_step = PerStep(StandardScaler()).fit(X)
    assert per_step.transformer_.mean_[0] == pytest.approx((98 + 6) / 100)
    assert per_step.transformer_.n_samples_seen_ == 100


def test_transform_is_invariant_to_order_and_subset():
    X, rows = make_sequences(), np.array([7, 2, 2, 11])
    per_step = PerStep(StandardScaler()).fit(X)
    whole = per_step.transform(X)
    assert_same(per_step.transform(X[rows]), [whole[int(i)] for i in rows])
    assert_same(per_step.transform(X[:1]), [whole[0]])


def test_dtype_follows_the_transformer():
    out = PerStep(StandardScaler()).fit_transform(make_ragged(np.float32))
    assert {steps.dtype for steps in out} == {np.dtype(np.float32)}


@pytest.mark.parametrize("make", [make_ragged, make_cube, make_sequences])
def test_input_is_not_modified(make):
    X = make()
    before = copy.deepcopy(list(X)) if make is not make_sequences else X.values.copy()
    PerStep(StandardScaler(copy=False)).fit_transform(X)
    PerStep(StandardScaler(copy=False)).fit(X).transform(X)
    assert_same(X if make is not make_sequences else X.values, before)


def test_parameter_transformer_is_not_fitted():
    scaler = StandardScaler()
    PerStep(scaler).fit(make_ragged())
    assert not hasattr(scaler, "mean_")


def test_partial_fit_is_incremental():
    X = make_ragged()
    per_step = PerStep(StandardScaler()).partial_fit(X[:5]).partial_fit(X[5:])
    expected = StandardScaler()
    expected.partial_fit(np.concatenate(X[:5])).partial_fit(np.concatenate(X[5:]))
    np.testing.assert_array_equal(per_step.transformer_.mean_, expected.mean_)
    with pytest.raises(ValueError, match="X has 1 features"):
        per_step.partial_fit([x[:, :1] for x in X])


def test_methods_follow_the_transformer():
    assert hasattr(PerStep(MinMaxScaler()), "partial_fit")
    assert hasattr(PerStep(MinMaxScaler()), "inverse_transform")
    for method in ("partial_fit", "inverse_transform", "get_feature_names_out"):
        assert not hasattr(PerStep(OnlyFitAndTransform()), method)


@pytest.mark.parametrize("make", [make_ragged, make_cube, make_sequences])
def test_inverse_transform(make):
    X = make()
    per_step = PerStep(StandardScaler()).fit(X)
    out = per_step.inverse_transform(per_step.transform(X))
    assert type(out) is type(X)
    for one, other in zip(out, X, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    if isinstance(X, Sequences):
        assert out.feature_names == NAMES


def test_inverse_transform_of_2d_array():
    X = make_cube()[:, :, 0]
    per_step = PerStep(StandardScaler()).fit(X)
    out = per_step.inverse_transform(per_step.transform(X))
    np.testing.assert_allclose(out, X, rtol=1e-12)


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_list_of_frames_has_feature_names(kind):
    arrays = make_ragged()
    X = [kind(dict(zip(NAMES, array.T, strict=True))) for array in arrays]
    per_step = PerStep(StandardScaler()).fit(X)
    assert per_step.feature_names_in_.tolist() == NAMES
    assert per_step.transformer_.feature_names_in_.tolist() == NAMES
    plain = PerStep(StandardScaler()).fit(arrays).transform(arrays)
    for out, wanted in zip(per_step.transform(X), plain, strict=True):
        np.testing.assert_allclose(out, wanted)
    other = [frame[NAMES[::-1]] for frame in X]
    with pytest.raises(ValueError, match="X has the features .* PerStep was fitted on"):
        per_step.transform(other)


def test_feature_names_out():
    X = make_ragged()
    assert PerStep(PCA(1)).fit(X).get_feature_names_out().tolist() == ["pca0"]
    scaled = PerStep(StandardScaler()).fit(make_sequences())
    assert scaled.get_feature_names_out().tolist() == NAMES
    assert scaled.feature_names_in_.tolist() == NAMES
    refitted = scaled.fit(X)
    assert not hasattr(refitted, "feature_names_in_")
    assert refitted.get_feature_names_out(["p", "q"]).tolist() == ["p", "q"]
    # An outer ColumnTransformer only knows the name of the column.
    assert refitted.get_feature_names_out(["signal"]).tolist() == ["x0", "x1"]


def test_tags_follow_the_transformer():
    def tags(transformer):
        return PerStep(transformer).__sklearn_tags__()

    assert tags(SimpleImputer()).input_tags.allow_nan
    assert not tags(PCA()).input_tags.allow_nan
    assert tags(TargetEncoder()).target_tags.required
    assert tags(PCA()).input_tags.three_d_array
    assert not tags(OneHotEncoder()).input_tags.sparse


def test_wrong_number_of_features_raises():
    per_step = PerStep(StandardScaler()).fit(make_ragged())
    with pytest.raises(
        ValueError, match=r"X has 3 features.*expecting 2.*Sequence 0.*\(7, 3\)"
    ):
        per_step.transform(np.zeros((4, 7, 3)))
    with pytest.raises(ValueError, match=r"expecting 2 features.*X\[None\]"):
        per_step.transform(make_ragged()[0])


def test_inconsistent_number_of_features_raises():
    X = make_ragged()
    X[4] = X[4][:, :1]
    with pytest.raises(ValueError, match="sequence 4 has 1 features"):
        PerStep(StandardScaler()).fit(X)


def test_wrong_feature_names_raise():
    X = make_sequences()
    per_step = PerStep(StandardScaler()).fit(X)
    swapped = Sequences(X.values, X.lengths, feature_names=NAMES[::-1])
    with pytest.raises(ValueError, match=r"\['weight', 'height'\].*in the same order"):
        per_step.transform(swapped)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda rows: rows[1:], r"FunctionTransformer returned .* \(41, 2\) for 42 steps"),
        (lambda rows: rows[:, 0], r"one row per step: \(42, n_features_out\)"),
        (lambda rows: rows[:, :0], r"shape \(42, 0\)"),
        (lambda rows: np.full((len(rows), 1), "low", dtype=object), "returned 'low'"),
        (lambda rows: rows + 1j, "complex128"),
    ],
)
def test_invalid_result_of_the_transformer_raises(function, message):
    X = make_ragged()
    per_step = PerStep(FunctionTransformer(function))
    with pytest.raises(ValueError, match=message):
        per_step.fit_transform(X)
    assert not hasattr(per_step, "transformer_")
    with pytest.raises(ValueError, match=message):
        per_step.fit(X).transform(X)


def test_failed_fit_leaves_the_estimator_unchanged():
    X = make_ragged()
    per_step = PerStep(StandardScaler()).fit(X)
    before = pickle.dumps(per_step)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        per_step.fit(make_cube()[:, :, :1], y=[1, 2])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        per_step.partial_fit(X, sample_weight=[1.0])
    assert pickle.dumps(per_step) == before


class FailsHalfway(OnlyFitAndTransform):
    """Fail on request after changing the fitted attributes."""

    def partial_fit(self, X, y=None, fail=False):
        self.low_ = X.min(axis=0)
        if fail:
            raise RuntimeError("halfway")
        return self


def test_failed_partial_fit_leaves_the_transformer_unchanged():
    X = make_ragged()
    per_step = PerStep(FailsHalfway()).partial_fit(X)
    before = per_step.transformer_.low_.copy()
    with pytest.raises(RuntimeError, match="halfway"):
        per_step.partial_fit([steps - 1 for steps in X], fail=True)
    np.testing.assert_array_equal(per_step.transformer_.low_, before)


def test_unfitted_and_invalid_transformers_raise():
    with pytest.raises(NotFittedError):
        PerStep(StandardScaler()).transform(make_ragged())
    with pytest.raises(ValueError, match="'transformer' parameter of PerStep"):
        PerStep("scale").fit(make_ragged())


def test_names_of_the_columns_of_a_table_are_optional():
    """scikit-learn's warning of missing names does not reach the user."""
    table = pd.DataFrame(make_cube()[:, :, 0])
    named = table.rename(columns="t{}".format)
    per_step = PerStep(StandardScaler()).fit(named)
    expected = per_step.transform(named)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for X in (table, table.to_numpy(), table.to_numpy().tolist()):
            np.testing.assert_array_equal(per_step.transform(X), expected)
        PerStep(StandardScaler()).fit(table).transform(named)


class _RecordingScaler(StandardScaler):
    """Records the targets and weights of the steps."""

    def fit(self, X, y=None, sample_weight=None):
        self.y_, self.weights_ = y, sample_weight
        return super().fit(X, sample_weight=sample_weight)


@pytest.mark.parametrize("make", [list, fill_cells, pd.Series, pl.Series])
def test_targets_and_weights_of_steps(make):
    X = [np.ones((2, 1)), np.zeros((3, 1))]
    y = make([["a", "b"], ["b", "c", "c"]])
    weights = make([[1.0, 2.0], [3.0, 4.0, 5.0]])
    scaler = PerStep(_RecordingScaler()).fit(X, y, sample_weight=weights)
    assert list(scaler.transformer_.y_) == ["a", "b", "b", "c", "c"]
    np.testing.assert_array_equal(scaler.transformer_.weights_, [1, 2, 3, 4, 5])


def test_object_array_of_equally_long_targets():
    X = [np.ones((2, 1)), np.zeros((2, 1))]
    y = fill_cells([np.array(["a", "b"]), np.array(["b", "c"])])
    scaler = PerStep(_RecordingScaler()).fit(X, y)
    assert list(scaler.transformer_.y_) == ["a", "b", "b", "c"]


def test_targets_of_steps_of_another_length_raise():
    X = [np.ones((2, 1)), np.zeros((3, 1))]
    with pytest.raises(ValueError, match=r"y\[0\] has 1 labels, but sequence 0 .* 2 steps"):
        PerStep(StandardScaler()).fit(X, [["a"], ["b", "c", "c"]])


def test_pipeline_with_a_step_classifier():
    X = [np.ones((2, 1)), np.zeros((3, 1))] * 3
    y = [["a", "b"], ["b", "c", "c"]] * 3
    model = make_pipeline(PerStep(StandardScaler()), GRUStepClassifier(max_epochs=1))
    assert [len(labels) for labels in model.fit(X, y).predict(X[:2])] == [2, 3]

"""PerStep with the transformers and meta-estimators of scikit-learn."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
)

from skseq import GRUClassifier, LSTMClassifier
from skseq.preprocessing import PerStep

from .cases import (
    LENGTHS,
    NAMES,
    OnlyFitAndTransform,
    assert_same,
    make_cube,
    make_labels,
    make_ragged,
    make_sequences,
    transform_stacked,
)


def test_imputer_gets_missing_values():
    X = [np.array([[1.0], [np.nan]]), np.array([[3.0]])]
    out = PerStep(SimpleImputer()).fit_transform(X)
    assert_same(out, [[[1.0], [2.0]], [[3.0]]])


def test_infinite_values_raise():
    X = make_ragged()
    X[2][4, 1] = np.inf
    with pytest.raises(ValueError, match="sequence 2, step 4, feature 1"):
        PerStep(SimpleImputer()).fit(X)


def test_feature_union_inside():
    union = FeatureUnion([("scaled", StandardScaler()), ("pca", PCA(1))])
    X = make_ragged()
    assert_same(PerStep(union).fit_transform(X), transform_stacked(clone(union), X))


def test_column_transformer_selects_by_position():
    inner = ColumnTransformer([("scaled", StandardScaler(), [1])], remainder="passthrough")
    X = make_ragged()
    assert_same(PerStep(inner).fit_transform(X), transform_stacked(clone(inner), X))


def test_column_transformer_selects_by_name():
    inner = ColumnTransformer(
        [("scaled", StandardScaler(), ["weight"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    per_step = PerStep(inner)
    out = per_step.fit_transform(make_sequences())
    assert out.feature_names == ["weight", "height"]
    assert per_step.get_feature_names_out().tolist() == ["weight", "height"]
    rows = np.concatenate(make_ragged())
    np.testing.assert_array_equal(out.values[:, 1], rows[:, 0])
    # Steps without names get the names seen in fit.
    assert_same(per_step.transform(make_ragged()), out)


def test_transformer_with_pandas_output():
    inner = StandardScaler().set_output(transform="pandas")
    X = make_ragged()
    assert_same(PerStep(inner).fit_transform(X), transform_stacked(StandardScaler(), X))


def test_feature_names_out_come_from_the_frame():
    inner = FunctionTransformer(lambda frame: frame.assign(ratio=1.0))
    out = PerStep(inner).fit_transform(make_sequences())
    assert out.feature_names == [*NAMES, "ratio"]


def test_sparse_result_becomes_dense():
    X = [np.array([[0.0], [2.0]]), np.array([[1.0]])]
    encoder = OneHotEncoder()
    assert scipy.sparse.issparse(encoder.fit_transform(np.concatenate(X)))
    out = PerStep(encoder).fit_transform(X)
    assert_same(out, [[[1, 0, 0], [0, 0, 1]], [[0, 1, 0]]])


class Recorder(TransformerMixin, BaseEstimator):
    """Store the arguments of `fit`."""

    def fit(self, X, y=None, sample_weight=None, other=None):
        self.y_, self.sample_weight_, self.other_ = y, sample_weight, other
        return self

    def transform(self, X):
        return X


def test_targets_and_weights_are_repeated_for_each_step():
    X = [np.zeros((2, 1)), np.zeros((3, 1))]
    inner = PerStep(Recorder()).fit(X, ["a", "b"], sample_weight=[1.0, 2.0], other=[5, 6])
    assert inner.transformer_.y_.tolist() == ["a", "a", "b", "b", "b"]
    assert inner.transformer_.sample_weight_.tolist() == [1, 1, 2, 2, 2]
    assert inner.transformer_.other_ == [5, 6]
    two_outputs = PerStep(Recorder()).fit(X, pd.DataFrame({"p": [1, 2], "q": [3, 4]}))
    assert two_outputs.transformer_.y_["q"].tolist() == [3, 3, 4, 4, 4]
    assert PerStep(Recorder()).fit(X).transformer_.y_ is None


def test_supervised_transformer():
    rng = np.random.default_rng(0)
    y = make_labels()
    X = [
        np.c_[rng.normal(size=n), label + rng.normal(size=n)]
        for n, label in zip(LENGTHS, y, strict=True)
    ]
    out = PerStep(SelectKBest(k=1)).fit_transform(X, y)
    assert_same(out, [steps[:, 1:] for steps in X])


def test_sample_weight_is_repeated_for_each_step():
    X, weights = make_ragged(), np.arange(12.0)
    per_step = PerStep(StandardScaler()).fit(X, sample_weight=weights)
    expected = StandardScaler().fit(
        np.concatenate(X), sample_weight=np.repeat(weights, LENGTHS)
    )
    np.testing.assert_array_equal(per_step.transformer_.mean_, expected.mean_)
    inner = make_pipeline(StandardScaler())
    piped = PerStep(inner).fit(X, standardscaler__sample_weight=weights)
    np.testing.assert_array_equal(piped.transformer_[0].mean_, expected.mean_)


@pytest.mark.parametrize("method", ["fit", "fit_transform", "partial_fit"])
def test_metadata_routing(method):
    X, weights = make_ragged(), np.arange(12.0)
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler()
        scaler.set_fit_request(sample_weight="w").set_partial_fit_request(sample_weight="w")
        per_step = PerStep(scaler)
        getattr(per_step, method)(X, w=weights)
        outer = make_pipeline(PerStep(scaler)).fit(X, w=weights)
    expected = PerStep(StandardScaler()).fit(X, sample_weight=weights).transformer_.mean_
    np.testing.assert_array_equal(per_step.transformer_.mean_, expected)
    np.testing.assert_array_equal(outer[0].transformer_.mean_, expected)


def test_transformer_without_fit_transform():
    X = make_ragged()
    low = np.concatenate(X).min(axis=0)
    out = PerStep(OnlyFitAndTransform()).fit_transform(X)
    assert_same(out, [steps - low for steps in X])


class FitTransformDiffers(OnlyFitAndTransform):
    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X) + 1000.0


def test_fit_transform_calls_that_of_the_transformer():
    X = make_ragged()
    per_step = PerStep(FitTransformDiffers())
    out, later = per_step.fit_transform(X), per_step.transform(X)
    assert_same(out, [steps + 1000.0 for steps in later])


def make_pipe():
    network = GRUClassifier(hidden_size=4, max_epochs=2, random_state=0)
    return Pipeline([("perstep", PerStep(StandardScaler())), ("gru", network)])


@pytest.mark.parametrize("make", [make_ragged, make_cube, make_sequences])
@pytest.mark.parametrize("configure", ["global", "local"])
def test_pandas_output_of_a_pipeline(make, configure):
    X, y = make(), make_labels()
    expected = make_pipe().fit(X, y).predict_proba(X)
    pipe = make_pipe()
    if configure == "global":
        with sklearn.config_context(transform_output="pandas"):
            actual = pipe.fit(X, y).predict_proba(X)
    else:
        pipe.set_output(transform="pandas")
        actual = pipe.fit(X, y).predict_proba(X)
        assert isinstance(pipe.transform(X), pd.DataFrame)
    np.testing.assert_array_equal(actual, expected)


def test_grid_search_over_the_transformer():
    network = LSTMClassifier(max_epochs=2, hidden_size=4, random_state=0)
    pipe = Pipeline([("perstep", PerStep(StandardScaler())), ("lstm", network)])
    grids = [
        {"perstep__transformer__with_mean": [True, False]},
        {"perstep__transformer": [MinMaxScaler()]},
    ]
    search = GridSearchCV(pipe, grids, cv=2, error_score="raise")
    search.fit(make_ragged(), make_labels())
    assert len(search.cv_results_["params"]) == 3
    chosen = search.best_estimator_["perstep"].transformer
    assert type(search.best_estimator_["perstep"].transformer_) is type(chosen)


def test_inside_a_column_transformer():
    frame = pd.DataFrame({"signal": make_ragged(), "age": np.arange(12.0)})
    network = GRUClassifier(hidden_size=4, max_epochs=1, bidirectional=False)
    columns = ColumnTransformer(
        [
            ("signal", make_pipeline(PerStep(StandardScaler()), network), ["signal"]),
            ("age", StandardScaler(), ["age"]),
        ]
    )
    for output in ("default", "pandas"):
        columns.set_output(transform=output)
        assert columns.fit_transform(frame, make_labels()).shape == (12, 5)


def test_clone_copy_and_pickle():
    X = make_sequences()
    per_step = PerStep(StandardScaler(with_mean=False)).fit(X)
    fresh = clone(per_step)
    assert not hasattr(fresh, "transformer_")
    assert fresh.transformer.with_mean is False
    for twin in (pickle.loads(pickle.dumps(per_step)), copy.deepcopy(per_step)):
        assert_same(twin.transform(X), per_step.transform(X))
    assert repr(fresh) == "PerStep(transformer=StandardScaler(with_mean=False))"
    assert "StandardScaler" in fresh._repr_html_()

"""PerStep keeps the categorical features of Sequences."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skseq import GRUClassifier, Sequences
from skseq.preprocessing import PerStep

from .cases import make_labels, make_ragged


def make_mixed(names=("height", "kind", "weight")):
    """Return sequences with a categorical feature between two numeric ones."""
    arrays = make_ragged()
    rng = np.random.default_rng(0)
    tables = [
        pd.DataFrame(
            {"height": x[:, 0], "kind": rng.choice(["a", "b"], len(x)), "weight": x[:, 1]}
        )
        for x in arrays
    ]
    ids = [f"patient {i}" for i in range(len(arrays))]
    X = Sequences.from_list(tables, ids=ids)
    X.feature_names = None if names is None else list(names)
    return X


def test_numeric_features_are_transformed_and_categorical_ones_follow():
    X = make_mixed()
    out = PerStep(StandardScaler()).fit_transform(X)
    assert out.feature_names == ["height", "weight", "kind"]
    assert out.is_categorical.tolist() == [False, False, True]
    assert out.ids.tolist() == X.ids.tolist()
    expected = StandardScaler().fit_transform(X.values)
    np.testing.assert_allclose(out.values, expected)
    for one, other in zip(out, X, strict=True):
        assert one[:, 2].tolist() == other[:, 1].tolist()


def test_transform_of_a_selection():
    X = make_mixed()
    scaler = PerStep(StandardScaler()).fit(X)
    whole, part = scaler.transform(X), scaler.transform(X[[7, 2]])
    for i, k in enumerate((7, 2)):
        assert part[i].tolist() == whole[k].tolist()


@pytest.mark.parametrize("names", [("height", "kind", "weight"), None])
def test_inverse_transform_restores_the_order(names):
    X = make_mixed(names)
    scaler = PerStep(StandardScaler())
    back = scaler.inverse_transform(scaler.fit_transform(X))
    assert back.feature_names == X.feature_names
    assert back.is_categorical.tolist() == [False, True, False]
    np.testing.assert_allclose(back.values, X.values)
    assert [x[:, 1].tolist() for x in back] == [x[:, 1].tolist() for x in X]


@pytest.mark.parametrize(
    ("transformer", "names", "expected"),
    [
        (StandardScaler(), ("height", "kind", "weight"), ["height", "weight", "kind"]),
        (PCA(1), ("height", "kind", "weight"), ["pca0", "kind"]),
        (StandardScaler(), None, ["x0", "x2", "x1"]),
    ],
)
def test_feature_names_out(transformer, names, expected):
    scaler = PerStep(transformer).fit(make_mixed(names))
    assert scaler.get_feature_names_out().tolist() == expected
    assert scaler.n_features_in_ == 3
    out = scaler.transform(make_mixed(names))
    assert out.feature_names == (None if names is None else expected)


def test_classifiers_read_the_result():
    X, y = make_mixed(), make_labels()
    pipeline = make_pipeline(
        PerStep(MinMaxScaler()), GRUClassifier(hidden_size=4, max_epochs=1)
    )
    pipeline.fit(X, y)
    assert pipeline[-1].feature_names_in_.tolist() == ["height", "weight", "kind"]
    assert len(pipeline.predict(X)) == len(y)


def test_invalid_features_raise():
    X = make_mixed()
    scaler = PerStep(StandardScaler()).fit(X)
    numeric = Sequences(np.zeros((4, 3)), [2, 2])
    with pytest.raises(
        ValueError, match=r"feature 1 \('kind'\) of X is numeric, but it was categorical"
    ):
        scaler.transform(numeric)
    words = Sequences.from_list([["a", "b"], ["a"]])
    with pytest.raises(ValueError, match="All features of X are categorical .*DataFrames"):
        PerStep(StandardScaler()).fit(words)
    both = Sequences.from_list(
        [pd.DataFrame({"x": [1.0], "v": [2.0], "a": ["b"], "c": ["d"]})]
    )
    with pytest.raises(ValueError, match="X has 2 categorical features, but .* 1 in fit"):
        scaler.inverse_transform(both)

"""Targets, weights and groups belong to sequences and steps by position."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import permutation_test_score

from skseq import GRUClassifier, GRURegressor, GRUStepClassifier, Sequences
from skseq.exceptions import IndexOrderWarning

IDS = ["c", "a", "b", "d"]
Y = pd.Series([0, 1, 0, 1], index=IDS)


def make_sequences():
    values = np.random.default_rng(0).normal(size=(12, 2))
    return Sequences(values, [3, 3, 3, 3], ids=IDS)


def make_rows():
    index = pd.MultiIndex.from_product([IDS, [0, 1, 2]], names=["sequence", "time"])
    values = np.random.default_rng(0).normal(size=(12, 2))
    return pd.DataFrame(values, index=index, columns=["u", "v"])


def test_order_of_the_ids_of_sequences():
    X, model = make_sequences(), GRUClassifier(hidden_size=4, max_epochs=1)
    message = (
        r"y has the labels of X\.ids in another order, but its values belong to sequences by "
        r"position: sequence 0 is 'c' in X and 'a' in y\. Pass y\.loc\[X\.ids\]\."
    )
    with pytest.warns(IndexOrderWarning, match=message):
        model.fit(X, Y.sort_index())
    assert Y.sort_index().loc[X.ids].equals(Y)


def test_order_of_the_targets_of_windows():
    with pytest.warns(IndexOrderWarning, match=r"Pass y\.loc\[X\.ids\]"):
        make_sequences().windows(2, y=Y.sort_index())


def test_ids_with_several_parts():
    table = make_rows().reset_index().assign(trial=1)
    X = Sequences.from_frame(table, sequence=["sequence", "trial"], time="time")
    y = table.groupby(["sequence", "trial"], sort=False)["u"].mean()
    GRURegressor(hidden_size=4, max_epochs=1).fit(X, y)
    with pytest.warns(IndexOrderWarning, match=r"sequence 0 is \('c', 1\) in X"):
        GRURegressor(hidden_size=4, max_epochs=1).fit(X, y.sort_index())
    assert y.sort_index().loc[X.ids].equals(y)


def test_score():
    X = make_sequences()
    model = GRUClassifier(hidden_size=4, max_epochs=1).fit(X, Y)
    with pytest.warns(IndexOrderWarning, match=r"Pass y\.loc\[X\.ids\]"):
        model.score(X, Y.sort_index())
    regressor = GRURegressor(hidden_size=4, max_epochs=1).fit(X, Y)
    with pytest.warns(IndexOrderWarning, match="sample_weight has the labels of X.ids"):
        regressor.score(X, Y, sample_weight=(Y + 1).sort_index())


@pytest.mark.parametrize("name", ["sample_weight", "groups"])
def test_order_of_weights_and_groups(name):
    X, model = make_sequences(), GRUClassifier(hidden_size=4, max_epochs=1)
    with pytest.warns(IndexOrderWarning, match=f"{name} has the labels of X.ids"):
        model.fit(X, Y.to_numpy(), **{name: (Y + 1).sort_index()})


def test_order_of_the_rows_of_step_estimators():
    X = make_rows()
    y = pd.Series(np.arange(12) % 2, index=X.index)
    model = GRUStepClassifier(hidden_size=4, max_epochs=1)
    with pytest.warns(IndexOrderWarning, match=r"row 0 is \('c', 0\) in X and \('a', 0\)"):
        model.fit(X, y.sort_index())


@pytest.mark.parametrize("labels", [IDS, [0, 1, 2, 3], ["a", "b", "c", "e"], [*"aabc"]])
def test_no_warning_for_the_same_order_and_for_other_labels(labels):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = pd.Series(Y.to_numpy(), index=labels)
        GRUClassifier(hidden_size=4, max_epochs=1).fit(make_sequences(), y)


def test_permutation_tests_work_with_series():
    X = Sequences(np.zeros(12), np.ones(12, dtype=int), ids=range(12))
    y = pd.Series([0, 1] * 6)
    model = GRUClassifier(hidden_size=4, max_epochs=1)
    _, scores, _ = permutation_test_score(model, X, y, cv=2, n_permutations=2)
    assert len(scores) == 2

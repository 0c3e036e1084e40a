"""timestep_importance of step estimators whose rows of X are steps."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from skseq import GRUStepClassifier
from skseq.inspection import ImportanceDisplay, timestep_importance
from skseq.inspection.exchange import store_steps

from . import cases  # noqa: F401  # selects a backend without a screen

SETTINGS = {"hidden_size": 4, "max_epochs": 15, "lr": 0.05, "random_state": 0}
OPTIONS = {"n_blocks": 2, "n_repeats": 2, "random_state": 0}
LENGTHS = (6, 9, 7, 8)


def make_sequences():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in LENGTHS]
    return X, [np.where(x[:, 0] > 0, "up", "down") for x in X]


def make_rows(form):
    """Return rows with the sequences in order, and their labels."""
    X, y = make_sequences()
    tables = [pd.DataFrame(x, columns=["acc", "gyro"]) for x in X]
    table = pd.concat(tables, keys=[f"walk {i}" for i in range(4)], names=["name", "time"])
    table["label"] = np.concatenate(y)
    # The first row of each sequence stays, so that the sequences have the same order.
    is_first = table.index.get_level_values("time") == 0
    rest = table[~is_first].sample(frac=1, random_state=0)
    table = pd.concat([table[is_first], rest])
    if form != "index":
        table = table.sort_index().reset_index("name").reset_index(drop=True)
        # The column of names is between the features.
        table = table[["acc", "name", "gyro", "label"]]
    labels = table.pop("label").to_numpy()
    return pl.from_pandas(table) if form == "polars" else table, labels


@pytest.mark.parametrize("by_feature", [True, False])
@pytest.mark.parametrize("form", ["index", "column", "polars"])
def test_importances_equal_those_of_sequences(form, by_feature):
    X, y = make_sequences()
    options = {**OPTIONS, "by_feature": by_feature}
    expected = timestep_importance(GRUStepClassifier(**SETTINGS).fit(X, y), X, y, **options)
    rows, labels = make_rows(form)
    before = rows.clone() if form == "polars" else rows.copy()
    column = None if form == "index" else "name"
    model = GRUStepClassifier(**SETTINGS, sequence=column).fit(rows, labels)
    found = timestep_importance(model, rows, labels, **options)
    np.testing.assert_allclose(found.importances, expected.importances, atol=1e-9)
    assert found.importances.any()
    assert found.feature_names == (["acc", "gyro"] if by_feature else ["all features"])
    np.testing.assert_array_equal(found.edges, expected.edges)
    assert before.equals(rows)


def test_scorers_of_scikit_learn_and_sample_weight():
    rows, labels = make_rows("index")
    model = GRUStepClassifier(**SETTINGS).fit(rows, labels)
    own = timestep_importance(model, rows, labels, **OPTIONS)
    found = timestep_importance(model, rows, labels, scoring=["accuracy"], **OPTIONS)
    np.testing.assert_allclose(found["accuracy"].importances, own.importances)
    weights = np.arange(len(rows)) % 3
    weighted = timestep_importance(
        model, rows, labels, scoring="accuracy", sample_weight=weights, **OPTIONS
    )
    assert (weighted.importances != own.importances).any()


def test_pipelines_exchange_the_columns_before_their_steps():
    rows, labels = make_rows("index")
    rows["kind"] = pd.Categorical(np.where(rows["acc"] > 0.5, "a", "b"))
    encoder = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["kind"]), (StandardScaler(), ["acc"])
    ).set_output(transform="pandas")
    pipeline = make_pipeline(encoder, GRUStepClassifier(**SETTINGS))
    pipeline.fit(rows, labels)
    result = timestep_importance(pipeline, rows, labels, scoring="neg_log_loss", **OPTIONS)
    assert result.feature_names == ["acc", "gyro", "kind"]
    assert result.importances.any(axis=(0, 2)).tolist() == [
        True,
        False,
        True,
    ]  # "gyro" is dropped
    display = ImportanceDisplay.from_estimator(pipeline, rows, labels, **OPTIONS)
    assert len(display.feature_names) == 3


def test_exchanged_steps_are_those_of_another_sequence():
    """Each row that changes gets the column of a row of another sequence, at its place."""
    rows, labels = make_rows("index")
    model = GRUStepClassifier(**SETTINGS).fit(rows, labels)
    stored = store_steps(model, rows)
    # The first two steps of the sequences 0 and 1.
    changed = stored.exchange([0, 1, 6, 7], [6, 7, 0, 1], 1)
    assert changed["acc"].equals(rows["acc"])
    assert changed.index.equals(rows.index)
    for name, other in (("walk 0", "walk 1"), ("walk 1", "walk 0")):
        for time in (0, 1):
            assert changed.loc[(name, time), "gyro"] == rows.loc[(other, time), "gyro"]
    rest = rows.index.drop([(f"walk {i}", time) for i in (0, 1) for time in (0, 1)])
    assert changed.loc[rest].equals(rows.loc[rest])


def test_invalid_arguments_raise():
    rows, labels = make_rows("index")
    model = GRUStepClassifier(**SETTINGS).fit(rows, labels)
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[30, 29\]"):
        timestep_importance(model, rows, labels[1:])
    array = rows.to_numpy()
    one = GRUStepClassifier(**SETTINGS).fit(array, labels)
    with pytest.raises(ValueError, match="X has 1 sequence, .* or the parameter sequence"):
        timestep_importance(one, array, labels)
    rows, labels = make_rows("column")
    renamed = make_column_transformer(
        (MinMaxScaler(), ["acc"]), remainder="passthrough"
    ).set_output(transform="pandas")
    model = GRUStepClassifier(**SETTINGS, sequence="remainder__name")
    pipeline = make_pipeline(renamed, model).fit(rows, labels)
    with pytest.raises(ValueError, match="sequence='remainder__name' .* is not a column"):
        timestep_importance(pipeline, rows, labels)

"""A warning of features of X that are the target."""

import warnings

import numpy as np
import pandas as pd
import pytest

from skseq import (
    GRUClassifier,
    GRUForecaster,
    GRURegressor,
    GRUStepClassifier,
    GRUStepRegressor,
    Sequences,
)
from skseq.exceptions import TargetInFeaturesWarning

N, N_STEPS = 24, 5
SMALL = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
LABELS = np.array(["idle", "run", "walk"])[np.arange(N) % 3]


def make_table(**columns):
    """Return a table of random values, and columns with one value for each sequence or row."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"id": np.repeat(np.arange(N), N_STEPS)})
    table["load"] = rng.normal(size=N * N_STEPS)
    for name, values in columns.items():
        table[name] = np.repeat(values, N_STEPS) if len(values) == N else values
    return table


def find_warnings(estimator, X, y):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(X, y)
    return [w for w in caught if w.category is TargetInFeaturesWarning]


def read(table):
    return Sequences.from_frame(table, sequence="id")


class TestSequences:
    @pytest.mark.parametrize(
        "codes",
        [LABELS, pd.factorize(LABELS)[0].astype(float), ord("a") + np.arange(N) % 3],
    )
    def test_labels(self, codes):
        """Also if they are stored in another way than in y."""
        found = find_warnings(GRUClassifier(**SMALL), read(make_table(kind=codes)), LABELS)
        assert len(found) == 1
        message = str(found[0].message)
        assert message.startswith(
            "Feature 1 of X ('kind') has one value for each class of y"
        )
        assert "Sequences.from_frame does so" in message

    @pytest.mark.parametrize("change", ["none", "float32", "units", "missing"])
    def test_numbers(self, change):
        y = np.random.default_rng(1).normal(size=N)
        values = {"float32": y.astype(np.float32), "units": 100 * y + 7}.get(change, y)
        table, model = make_table(rul=values), GRURegressor(**SMALL)
        if change == "missing":
            table.loc[:6, "rul"] = np.nan
            model.set_params(missing="mask")
        assert len(find_warnings(model, read(table), y)) == 1

    def test_labels_that_are_floats(self):
        codes = pd.factorize(LABELS)[0]
        X = read(make_table(kind=LABELS))
        assert len(find_warnings(GRUClassifier(**SMALL), X, codes.astype(float))) == 1

    def test_windows_of_few_recordings_are_no_evidence(self):
        codes = pd.factorize(LABELS)[0]
        X = read(make_table(kind=codes))
        windows, owners = X.windows(3)
        assert len(find_warnings(GRUClassifier(**SMALL), windows, LABELS[owners])) == 1
        some = owners < 8
        found = find_warnings(GRUClassifier(**SMALL), windows[some], LABELS[owners[some]])
        assert not found

    @pytest.mark.parametrize("numeric", [False, True])
    def test_last_steps_of_windows(self, numeric):
        """By default, windows have the targets of their last steps."""
        rng = np.random.default_rng(1)
        steps = rng.integers(3, size=N * N_STEPS)
        if numeric:
            steps = rng.normal(size=N * N_STEPS)
        X = read(make_table(state=steps))
        windows, y, _ = X.windows(3, y=list(steps.reshape(N, N_STEPS)))
        model = (GRURegressor if numeric else GRUClassifier)(**SMALL)
        (found,) = find_warnings(model, windows, y)
        assert "'state'" in str(found.message)
        assert "at the last step of every window" in str(found.message)
        y[0] = (y[0] + 1) % 3
        assert not find_warnings(model, windows, y)
        last = windows[windows.starts % N_STEPS == 2]  # one for each recording
        assert len(last) == N
        y = last.values[last.starts + 2, -1]
        assert not find_warnings(model, last, y)

    def test_single_words(self):
        words = [["hello"], ["bye"]] * 12
        assert not find_warnings(GRUClassifier(**SMALL), words, ["p", "q"] * 12)

    def test_several_targets(self):
        y = np.random.default_rng(1).normal(size=(N, 2))
        X = read(make_table(second=y[:, 1]))
        for targets in (y, y[:, [1, 1]]):
            assert len(find_warnings(GRURegressor(**SMALL), X, targets)) == 1

    @pytest.mark.parametrize("kind", ["one label differs", "varies", "several values"])
    def test_other_features(self, kind):
        codes = pd.factorize(LABELS)[0]
        if kind == "one label differs":
            codes[0] = 2
        elif kind == "several values":
            codes = np.arange(N) % 6
        else:
            codes = np.repeat(codes, N_STEPS)
            codes[-1] = 0
        assert not find_warnings(GRUClassifier(**SMALL), read(make_table(x=codes)), LABELS)

    def test_few_targets_may_agree_by_chance(self):
        y = (np.arange(N) < 3).astype(int)
        assert not find_warnings(GRUClassifier(**SMALL), read(make_table(x=y)), y)

    def test_distinct_numbers(self):
        table = make_table(x=np.random.default_rng(1).normal(size=N))
        y = np.random.default_rng(2).normal(size=N)
        assert not find_warnings(GRURegressor(**SMALL), read(table), y)


class TestSteps:
    def test_labels(self):
        """Unlabeled steps are not compared."""
        kind = np.arange(N * N_STEPS) % 3
        table, y = make_table(kind=kind), kind.astype(float)
        y[7] = np.nan
        found = find_warnings(GRUStepClassifier(**SMALL, sequence="id"), table, y)
        assert ["('kind')" in str(w.message) for w in found] == [True]
        y[8] = (y[8] + 1) % 3
        assert not find_warnings(GRUStepClassifier(**SMALL, sequence="id"), table, y)

    def test_few_changes_are_no_evidence(self):
        table = make_table(valve=(np.arange(N) > 10).astype(int))
        y = np.where(table["valve"] == 1, "run", "idle")
        assert not find_warnings(GRUStepClassifier(**SMALL, sequence="id"), table, y)

    def test_views(self):
        """The storage may have other steps, and the sequences another order."""
        X = read(make_table(kind=np.arange(N * N_STEPS) % 3))
        X = X[::-1].tail(4)
        y = [np.array(["a", "b", "c"])[x[:, 1].astype(int)] for x in X]
        assert len(find_warnings(GRUStepClassifier(**SMALL), X, y)) == 1

    def test_numbers(self):
        table = make_table()
        model = GRUStepRegressor(**SMALL, sequence="id")
        assert len(find_warnings(model, table, table["load"])) == 1
        assert not find_warnings(model, table, table["load"].shift(1, fill_value=0))


class TestForecasters:
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_target_among_covariates(self, dtype):
        table = make_table()[["load"]]
        (found,) = find_warnings(
            GRUForecaster(**SMALL, horizon=2), table.astype(dtype), table["load"]
        )
        assert "Column 'load' of X has the same values as y. If it is" in str(found.message)

    @pytest.mark.parametrize("kind", ["categories", "few events"])
    def test_other_covariates(self, kind):
        y = np.arange(60) % 2.0 if kind == "categories" else np.arange(60) == 30
        X = pd.DataFrame({"x": y.astype(float)})
        if kind == "categories":
            X["x"] = pd.Categorical(np.where(y, "b", "a"))
        assert not find_warnings(GRUForecaster(**SMALL, horizon=2), X, y.astype(float))

    def test_past_columns(self):
        table = make_table()[["load"]]
        model = GRUForecaster(**SMALL, horizon=2, past_columns=["load"])
        assert not find_warnings(model, table, table["load"])

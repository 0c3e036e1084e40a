"""Predictions of long recordings from overlapping windows."""

from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUStepRegressor, LSTMStepClassifier, Sequences
from skseq.model_selection import predict_long
from skseq.preprocessing import PerStep
from skseq.sequences import cover_windows, fill_cells

LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=4)


class Steps:
    """Predicts each step from the features of all steps of a window."""

    def __init__(self, function):
        self.function = function

    def predict(self, X):
        self.windows = X
        return fill_cells([self.function(x) for x in X])

    def predict_proba(self, X):
        return [np.column_stack([p, 1 - p]) for p in self.predict(X)]


def make(lengths):
    """Return recordings whose steps have distinct values."""
    return Sequences(np.arange(float(sum(lengths))), lengths, ids=range(len(lengths)))


def first_value(x):
    return x[:, 0]


def distance_to_edge(x):
    """Return how far each step is from the closest edge of its window."""
    return np.minimum(np.arange(len(x)), np.arange(len(x))[::-1])


def running_mean(x, memory=4):
    """Return means of the last steps, as far as the window has them."""
    return np.array([x[max(0, t - memory + 1) : t + 1].mean() for t in range(len(x))])


@pytest.fixture(scope="module")
def recordings():
    rng = np.random.default_rng(0)
    return Sequences.from_list([rng.normal(size=(n, 2)) for n in (90, 140)])


@pytest.fixture(scope="module")
def model(recordings):
    """Return a causal network, fitted on windows of the recordings."""
    y = [np.where(x[:, 0] > 0, "up", "down") for x in recordings]
    X, y, _ = recordings.windows(30, 15, y=y, target_per="step")
    model = LSTMStepClassifier(bidirectional=False, max_epochs=2, random_state=0)
    return model.fit(X, y)


class TestWindows:
    """Windows that cover all steps."""

    @given(LENGTHS, st.integers(1, 12), st.data())
    def test_windows_overlap_and_end_with_the_recording(self, lengths, length, data):
        overlap = data.draw(st.integers(0, length - 1))
        recordings = make(lengths)[::-1]
        windows, owners = cover_windows(recordings, length, overlap)
        assert windows.values is recordings.values
        assert windows.ids.tolist() == recordings.ids[owners].tolist()
        for i, recording in enumerate(recordings):
            mine = [w.ravel() for w in windows[owners == i]]
            assert {len(w) for w in mine} == {min(length, len(recording))}
            assert mine[0][0] == recording[0, 0]
            assert mine[-1][-1] == recording[-1, 0]
            shared = [a[-1] - b[0] + 1 for a, b in pairwise(mine)]
            assert all(n == overlap for n in shared[:-1])
            assert all(overlap <= n < length for n in shared[-1:])


class TestPredictLong:
    """Predictions of windows are joined to those of recordings."""

    @given(LENGTHS, st.integers(1, 12), st.sampled_from(["center", "mean"]), st.data())
    def test_every_step_has_its_own_prediction(self, lengths, length, combine, data):
        recordings = make(lengths)
        overlap = data.draw(st.integers(0, length - 1))
        model = Steps(first_value)
        joined = predict_long(model, recordings, length, overlap, combine=combine)
        assert joined.dtype == object
        for part, recording in zip(joined, recordings, strict=True):
            np.testing.assert_allclose(part, recording[:, 0])
        probabilities = predict_long(
            model, recordings, length, overlap, method="predict_proba", combine=combine
        )
        assert [p.shape for p in probabilities] == [(n, 2) for n in lengths]

    @given(LENGTHS, st.integers(1, 12), st.data())
    def test_center_takes_the_most_central_window(self, lengths, length, data):
        recordings = make(lengths)
        overlap = data.draw(st.integers(0, length - 1))
        model = Steps(distance_to_edge)
        joined = predict_long(model, recordings, length, overlap)
        for i, part in enumerate(joined):
            best = np.full(len(part), -1)
            windows, owners = cover_windows(recordings, length, overlap)
            for k in np.flatnonzero(owners == i):
                steps = (
                    windows.starts[k] - recordings.starts[i] + np.arange(windows.lengths[k])
                )
                best[steps] = np.maximum(best[steps], distance_to_edge(windows[k]))
            assert part.tolist() == best.tolist()

    def test_mean_averages_all_windows(self):
        joined = predict_long(Steps(distance_to_edge), make([6]), 4, 2, combine="mean")
        assert joined[0].tolist() == [0, 1, 0.5, 0.5, 1, 0]

    def test_short_recordings_are_one_window(self):
        recordings, model = make([5, 3]), Steps(running_mean)
        joined = predict_long(model, recordings, 10**20, 2)
        for part, whole in zip(joined, model.predict(recordings), strict=True):
            np.testing.assert_array_equal(part, whole)

    @given(st.integers(1, 40), st.integers(9, 15))
    def test_overlap_of_twice_the_memory_equals_the_whole(self, n_steps, length):
        recordings, model = make([n_steps]), Steps(running_mean)
        joined = predict_long(model, recordings, length, 8)
        np.testing.assert_allclose(joined[0], running_mean(recordings[0]))

    def test_labels(self):
        model = Steps(lambda x: np.where(x[:, 0] % 2 == 0, "even", "odd"))
        assert predict_long(model, make([3]), 2, 0)[0].tolist() == ["even", "odd", "even"]

    def test_other_forms_of_x(self):
        X = np.arange(24.0).reshape(2, 6, 2)
        for form in (X, list(X), Sequences.from_list(X)):
            joined = predict_long(Steps(first_value), form, 4, 1)
            assert [part.tolist() for part in joined] == X[:, :, 0].tolist()

    def test_tokens(self):
        model = Steps(
            lambda x: np.array([word[0].upper() for word in x[:, 0]], dtype=object)
        )
        joined = predict_long(model, [["one", "two", "six"], ["ten"]], 2, 1)
        assert [part.tolist() for part in joined] == [["O", "T", "S"], ["T"]]

    def test_missing_values_reach_the_estimator(self):
        joined = predict_long(Steps(first_value), [[1.0, np.nan, 3.0]], 2, 1)
        np.testing.assert_array_equal(joined[0], [1, np.nan, 3])


class TestStepEstimators:
    """Predictions of networks."""

    def test_single_window_equals_plain_predict(self, recordings, model):
        for method in ("predict", "predict_proba"):
            plain = getattr(model, method)(recordings)
            joined = predict_long(model, recordings, 140, 30, method=method)
            for part, whole in zip(joined, plain, strict=True):
                np.testing.assert_array_equal(part, whole)

    def test_causal_network_with_enough_overlap(self, recordings, model):
        plain = model.predict_proba(recordings)
        joined = predict_long(model, recordings, 80, 60, method="predict_proba")
        for part, whole in zip(joined, plain, strict=True):
            np.testing.assert_allclose(part, whole, atol=0.01)

    def test_pipeline(self, recordings, model):
        pipeline = make_pipeline(PerStep(StandardScaler()).fit(recordings), model)
        joined = predict_long(pipeline, recordings, 30, 10)
        assert [len(part) for part in joined] == [90, 140]


SETTINGS = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
FORMS = {
    "column": lambda table: table.reset_index("time", drop=True).reset_index(),
    # The first row stays, so that the sequences have the same order.
    "index": lambda table: pd.concat([table[:1], table[1:].sample(frac=1, random_state=0)]),
    "polars": lambda table: pl.from_pandas(FORMS["column"](table)),
    "array": lambda table: table.loc[0].to_numpy(),
}


class TestRows:
    """Estimators that were fitted on rows, which are steps."""

    def make_rows(self, recordings, form):
        """Return rows, their labels, and the place of each row among all steps."""
        table = recordings.to_frame().set_index(["sequence", "time"])
        table["place"] = np.arange(len(table))
        X = FORMS[form](table)
        if form == "array":
            return X[:, :2], np.where(X[:, 0] > 0, "up", "down"), X[:, 2].astype(int)
        places = X["place"].to_numpy()
        X = X.drop(columns="place") if form == "index" else X[X.columns[:-1]]
        return X, np.where(X["feature0"] > 0, "up", "down"), places

    @pytest.mark.parametrize("combine", ["center", "mean"])
    @pytest.mark.parametrize("form", FORMS)
    def test_predictions_equal_those_of_sequences(self, recordings, form, combine):
        X, y, places = self.make_rows(recordings, form)
        column = "sequence" if form in ("column", "polars") else None
        settings = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
        model = LSTMStepClassifier(sequence=column, **settings).fit(X, y)
        model = LSTMStepClassifier(sequence=column, **SETTINGS).fit(X, y)
        stored = recordings[:1] if form == "array" else recordings
        labels = [np.where(x[:, 0] > 0, "up", "down") for x in stored]
        other = LSTMStepClassifier(**SETTINGS).fit(stored, labels)
        arguments = {"method": "predict_proba", "combine": combine}
        found = predict_long(model, X, 30, 10, **arguments)
        expected = predict_long(other, stored, 30, 10, **arguments)
        np.testing.assert_allclose(found, np.concatenate(expected)[places], atol=1e-6)
        assert (found != model.predict_proba(X)).any()
        if combine == "center":
            labels = predict_long(model, X, 30, 10)
            assert labels.shape == y.shape
            assert (labels == model.classes_[found.argmax(axis=1)]).all()

    def test_one_window_equals_predict(self, recordings):
        X, _, _ = self.make_rows(recordings, "index")
        X["kind"] = np.where(X["feature1"] > 0, "a", "b")
        targets = X[["feature0", "feature1"]].to_numpy()
        model = GRUStepRegressor(hidden_size=4, max_epochs=1).fit(X, targets)
        np.testing.assert_allclose(
            predict_long(model, X, 140, 0), model.predict(X), atol=1e-6
        )

    def test_pipelines_and_searches(self, recordings):
        X, y, _ = self.make_rows(recordings, "index")
        scaler = StandardScaler().set_output(transform="pandas")
        model = LSTMStepClassifier(**SETTINGS)
        pipeline = make_pipeline(scaler, "passthrough", model)
        options = {"lstmstepclassifier__lr": [0.01]}
        search = GridSearchCV(pipeline, options, cv=2, scoring="accuracy")
        groups = X.index.get_level_values(0)
        search.set_params(cv=GroupKFold(2)).fit(X, y, groups=groups)
        found = predict_long(search, X, 30, 10)
        best = search.best_estimator_
        expected = predict_long(best[-1], best[:-1].transform(X), 30, 10)
        np.testing.assert_array_equal(found, expected)

    def test_sequences_raise(self, recordings):
        rows = recordings[0]
        model = LSTMStepClassifier(max_epochs=1).fit(rows, rows[:, 0] > 0)
        with pytest.raises(ValueError, match="fit on sequences, with an array of targets"):
            predict_long(model, recordings, 30, 10)

    def test_transformed_targets_raise(self, recordings):
        rows = recordings[0]
        inner = GRUStepRegressor(hidden_size=4, max_epochs=1)
        model = TransformedTargetRegressor(inner, transformer=StandardScaler())
        model.fit(rows, rows[:, 0])
        with pytest.raises(TypeError, match="Pass its regressor_, and invert"):
            predict_long(model, rows, 30, 10)


class TestErrors:
    """Errors for invalid arguments."""

    def test_overlap_of_the_length(self):
        with pytest.raises(
            ValueError, match="less than length, got overlap=3 and length=3"
        ):
            predict_long(Steps(first_value), make([5]), 3, 3)

    @pytest.mark.parametrize(
        "options", [{"length": 0}, {"length": 2.5}, {"overlap": -1}, {"combine": "median"}]
    )
    def test_invalid_parameters(self, options):
        name = next(iter(options))
        options = {"length": 3, "overlap": 1, **options}
        with pytest.raises(ValueError, match=f"The '{name}' parameter of predict_long"):
            predict_long(Steps(first_value), make([5]), **options)

    def test_unknown_method(self):
        with pytest.raises(ValueError, match="Steps has no method 'predict_prob'"):
            predict_long(Steps(first_value), make([5]), 3, 1, method="predict_prob")

    def test_one_prediction_for_each_sequence(self):
        with pytest.raises(
            ValueError, match="'predict' of Steps does not return one array"
        ):
            predict_long(Steps(lambda x: x.mean()), make([5]), 3, 1)
        with pytest.raises(ValueError, match="Use a step classifier or a step regressor"):
            predict_long(Steps(lambda x: x[:-1, 0]), make([5]), 3, 1)

    def test_labels_have_no_mean(self):
        model = Steps(lambda x: np.array(["a"] * len(x)))
        with pytest.raises(
            ValueError, match="'predict' returns str_ values, which have no"
        ):
            predict_long(model, make([5]), 3, 1, combine="mean")

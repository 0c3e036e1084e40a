"""timestep_importance is nonzero exactly where a handmade model uses its input."""

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq import (
    GRUClassifier,
    GRUForecaster,
    GRUStepClassifier,
    SeasonalNaive,
    Sequences,
)
from skseq.inspection import timestep_importance
from skseq.inspection.blocks import match_steps, split_evenly, split_from_end
from skseq.preprocessing import PerStep
from skseq.sequences import read_sequences


class FunctionRegressor(RegressorMixin, BaseEstimator):
    """Predict by a function of each sequence, and record the inputs."""

    def __init__(self, function):
        self.function = function

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        self.inputs = [*getattr(self, "inputs", []), X]
        return np.array([self.function(np.asarray(x)) for x in X], dtype=float)


def make_ragged(n=40, n_features=3):
    rng = np.random.default_rng(0)
    return [rng.normal(size=(8 + i % 7, n_features)) for i in range(n)]


def last_quarter(x):
    return x[3 * len(x) // 4 :, 1].sum()


def test_only_the_used_block_and_feature_are_important():
    X = make_ragged()
    model = FunctionRegressor(last_quarter)
    result = timestep_importance(model, X, model.predict(X), n_blocks=4, random_state=0)
    assert result.importances.shape == (4, 3, 5)
    assert result.importances_mean[3, 1] > 0.5
    rest = result.importances.copy()
    rest[3, 1] = 0
    np.testing.assert_array_equal(rest, 0)
    np.testing.assert_array_equal(result.importances_mean, result.importances.mean(axis=2))
    np.testing.assert_array_equal(result.importances_std, result.importances.std(axis=2))
    np.testing.assert_array_equal(result.edges, [0, 25, 50, 75, 100])
    assert result.unit == "position in the sequence (%)"
    assert result.feature_names is None


def test_block_length_counts_from_the_end():
    X = make_ragged()  # 8 to 14 steps
    model = FunctionRegressor(lambda x: x[-3:, 0].sum() + 2 * x[-12:-9, 2].sum())
    result = timestep_importance(model, X, model.predict(X), block_length=3, random_state=0)
    # The longest sequences have 14 steps: five blocks, of which the first has two steps.
    np.testing.assert_array_equal(result.edges, [-14, -12, -9, -6, -3, 0])
    where = np.argwhere(result.importances_mean > 0)
    np.testing.assert_array_equal(where, [[1, 2], [4, 0]])


def test_one_block_of_one_feature_is_exchanged_at_a_time():
    X = np.random.default_rng(0).normal(size=(20, 6, 2))
    model = FunctionRegressor(np.sum)
    y = model.predict(X)
    model.inputs = []
    result = timestep_importance(model, X, y, n_blocks=3, n_repeats=2, random_state=0)
    before, *inputs = model.inputs
    np.testing.assert_array_equal(before, X)
    for number, changed in enumerate(inputs):
        block, feature = divmod(number // 2, 2)
        steps = slice(2 * block, 2 * block + 2)
        same = X.copy()
        same[:, steps, feature] = changed[:, steps, feature]
        np.testing.assert_array_equal(changed, same)
        # The steps of a block stay together, and each sequence is used once.
        pairs = {tuple(pair) for pair in X[:, steps, feature]}
        assert {tuple(pair) for pair in changed[:, steps, feature]} == pairs
    assert len(inputs) == 12
    assert result.unit == "time step"
    np.testing.assert_array_equal(result.edges, [0, 2, 4, 6])


def test_by_feature_false_exchanges_all_features_together():
    X = make_ragged()
    model = FunctionRegressor(lambda x: x[: len(x) // 2, 0] @ x[: len(x) // 2, 1])
    y = model.predict(X)
    model.inputs = []
    result = timestep_importance(
        model, X, y, n_blocks=2, by_feature=False, n_repeats=1, random_state=0
    )
    assert result.importances.shape == (2, 1, 1)
    assert result.feature_names == ["all features"]
    rows = {tuple(step) for x in X for step in x}
    assert {tuple(step) for x in model.inputs[1] for step in x} <= rows


def test_steps_are_matched_by_relative_position():
    sizes = np.array([2, 4, 5])
    rows, sources = match_steps(np.array([0, 10, 20]), sizes, np.array([1, 2, 0]))
    np.testing.assert_array_equal(rows, [0, 1, 10, 11, 12, 13, 20, 21, 22, 23, 24])
    np.testing.assert_array_equal(sources, [11, 13, 20, 21, 23, 24, 0, 0, 1, 1, 1])
    # Blocks of equal size exchange their steps one to one.
    _, sources = match_steps(np.array([0, 3]), np.array([3, 3]), np.array([1, 0]))
    np.testing.assert_array_equal(sources, [3, 4, 5, 0, 1, 2])


@pytest.mark.parametrize("lengths", [[5, 5], [3, 4, 9], [1, 30, 2]])
def test_blocks_cover_each_step_once(lengths):
    lengths = np.array(lengths)
    blocks = split_evenly(lengths, int(lengths.min()))
    np.testing.assert_array_equal(blocks.bounds[:, 0], 0)
    np.testing.assert_array_equal(blocks.bounds[:, -1], lengths)
    assert (np.diff(blocks.bounds, axis=1) > 0).all()
    from_end = split_from_end(lengths, 2)
    np.testing.assert_array_equal(from_end.bounds[:, -1], lengths)
    assert (np.diff(from_end.bounds, axis=1) <= 2).all()
    reach = np.minimum(lengths, 2 * len(from_end))
    np.testing.assert_array_equal(from_end.bounds[:, 0], lengths - reach)
    # At least two sequences reach the first block.
    assert (from_end.bounds[:, 1] > from_end.bounds[:, 0]).sum() >= 2


def test_lengths_stay_the_same():
    X = make_ragged()
    model = FunctionRegressor(np.sum)
    timestep_importance(model, X, model.predict(X), n_blocks=5, n_repeats=1)
    for changed in model.inputs:
        assert [len(x) for x in changed] == [len(x) for x in X]


RAGGED = make_ragged()
FORMS = {
    "3-D": np.stack([x[:8] for x in RAGGED]),
    "2-D": np.stack([x[:8, 1] for x in RAGGED]),
    "list": RAGGED,
    "Sequences": Sequences.from_list(RAGGED, feature_names=["a", "b", "c"]),
    "column": pd.DataFrame({"x": RAGGED}),
    "table": pd.DataFrame(np.stack([x[:8, 1] for x in RAGGED])).add_prefix("t"),
}


@pytest.mark.parametrize("form", FORMS)
def test_estimator_receives_the_type_of_X(form):
    X = FORMS[form]
    y = np.arange(40) % 2
    clf = GRUClassifier(hidden_size=4, max_epochs=1, random_state=0).fit(X, y)
    options = {"n_blocks": 2, "n_repeats": 2, "random_state": 0}
    result = timestep_importance(clf, X, y, **options, scoring="neg_log_loss")
    n_features = 1 if form in ("2-D", "table") else 3
    assert result.importances.shape == (2, n_features, 2)
    assert (result.importances != 0).all()
    names = {"Sequences": ["a", "b", "c"]}
    assert result.feature_names == names.get(form)


def test_accepts_any_estimator():
    X = FORMS["table"]
    y = (X["t5"] > 0).to_numpy()
    forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X, y)
    result = timestep_importance(forest, X, y, n_blocks=8, random_state=0)
    assert result.importances_mean.argmax() == 5
    assert result.importances_mean[5, 0] > 0.2


def test_accepts_pipelines_with_static_columns():
    y = np.array([x[-2:, 0].mean() > 0 for x in RAGGED])
    X = pd.DataFrame({"age": np.arange(40.0), "x": RAGGED})
    beside = ColumnTransformer(
        [
            ("x", FunctionTransformer(last_steps), ["x"]),
            ("age", StandardScaler(), ["age"]),
        ]
    )
    for model in (
        make_pipeline(beside, LogisticRegression()).fit(X, y),
        make_pipeline(PerStep(StandardScaler()), LastStep()).fit(X[["x"]], y),
    ):
        given = X if "columntransformer" in model.named_steps else X[["x"]]
        result = timestep_importance(
            model, given, y, n_blocks=4, scoring="roc_auc", random_state=0
        )
        assert result.importances_mean.argmax() == 9  # block 3, feature 0
    pd.testing.assert_frame_equal(X[["age"]], pd.DataFrame({"age": np.arange(40.0)}))


def last_steps(frame):
    return np.array([[x[-2:, 0].mean()] for x in frame["x"]])


class LastStep(ClassifierMixin, BaseEstimator):
    """Decide by the first feature of the last two steps."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):
        return np.array([x[-2:, 0].mean() for x in X])

    def predict(self, X):
        return self.decision_function(X) > 0


def test_several_scorers():
    X = make_ragged()
    model = FunctionRegressor(last_quarter)
    y = model.predict(X)
    options = {"n_blocks": 4, "random_state": 0}
    error = make_scorer(mean_absolute_error, greater_is_better=False)
    both = timestep_importance(model, X, y, scoring={"r2": "r2", "e": error}, **options)
    assert list(both) == ["r2", "e"]
    for name, scorer in (("r2", None), ("e", error)):
        alone = timestep_importance(model, X, y, scoring=scorer, **options)
        np.testing.assert_array_equal(both[name].importances, alone.importances)
        np.testing.assert_array_equal(both[name].edges, alone.edges)


def test_sample_weight_is_passed_to_the_scorer():
    X = make_ragged()
    model = FunctionRegressor(last_quarter)
    y = model.predict(X)
    weight = (np.arange(40) < 20).astype(float)
    options = {"n_blocks": 4, "random_state": 0}
    weighted = timestep_importance(model, X, y, sample_weight=weight, **options)
    plain = timestep_importance(model, X, y, **options)
    assert weighted.importances[3, 1, 0] != plain.importances[3, 1, 0]
    ones = timestep_importance(model, X, y, sample_weight=np.ones(40), **options)
    np.testing.assert_allclose(ones.importances, plain.importances)


def test_random_state_determines_the_result():
    X = make_ragged()
    model = FunctionRegressor(last_quarter)
    y = model.predict(X)
    first, again, other = (
        timestep_importance(model, X, y, random_state=seed).importances
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(again, first)
    assert (other != first).any()


def test_n_jobs_does_not_change_the_result():
    X = make_ragged()
    model = FunctionRegressor(last_quarter)
    y = model.predict(X)
    alone = timestep_importance(model, X, y, random_state=0)
    with parallel_config("threading"):
        shared = timestep_importance(model, X, y, random_state=0, n_jobs=2)
    np.testing.assert_array_equal(shared.importances, alone.importances)


def test_auto_number_of_blocks():
    model = FunctionRegressor(np.sum)
    for X, expected in (
        (np.zeros((30, 20, 1)), 10),
        (np.zeros((30, 4, 1)), 4),
        (np.zeros((3, 20, 1)), 3),
    ):
        assert len(timestep_importance(model, X, model.predict(X)).importances) == expected


def test_invalid_arguments_raise():
    X, y = make_ragged(), np.zeros(40)
    model = FunctionRegressor(np.sum)
    with pytest.raises(
        ValueError, match=r"sequence 0 has 8 time steps, fewer than n_blocks=9"
    ):
        timestep_importance(model, X, y, n_blocks=9)
    message = "X has 3 sequences, fewer than the 5 blocks.*n_blocks=3 or less"
    with pytest.raises(ValueError, match=message):
        timestep_importance(model, X[:3], y[:3], n_blocks=5)
    message = "3 sequences, fewer than the 5 blocks.*a block_length above 2"
    with pytest.raises(ValueError, match=message):
        timestep_importance(model, X[:3], y[:3], block_length=2)
    with pytest.raises(ValueError, match="X has 1 sequence, but blocks are exchanged"):
        timestep_importance(model, X[:1], y[:1])
    with pytest.raises(ValueError, match="both n_blocks=2 and block_length=3: pass"):
        timestep_importance(model, X, y, n_blocks=2, block_length=3)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        timestep_importance(model, X, y[:-1])
    with pytest.raises(ValueError, match="'n_repeats' parameter .* Got 0 instead"):
        timestep_importance(model, X, y, n_repeats=0)
    with pytest.raises(NotFittedError):
        timestep_importance(GRUClassifier(), X, y)
    with pytest.raises(NotFittedError):
        timestep_importance(make_pipeline(GRUClassifier()), X, y)


@pytest.mark.parametrize("wrap", [lambda model: model, make_pipeline])
def test_forecasters_raise(wrap):
    y = np.sin(np.arange(40.0))
    for model in (SeasonalNaive(period=6), GRUForecaster(horizon=2, max_epochs=1)):
        message = (
            f"needs a classifier or .* rows of X are time steps for {type(model).__name__}"
        )
        with pytest.raises(TypeError, match=message):
            timestep_importance(wrap(model).fit(np.zeros((40, 1)), y), np.zeros((40, 1)), y)


def test_global_random_state_is_neither_used_nor_changed():
    X, y = np.random.default_rng(0).normal(size=(40, 4, 1)), np.arange(40) % 2
    clf = GRUClassifier(hidden_size=4, max_epochs=1, random_state=0).fit(X, y)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    found = [
        timestep_importance(clf, X, y, n_blocks=4, scoring="neg_log_loss").importances
        for _ in range(2)
    ]
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    assert (found[0] != found[1]).any()


@pytest.mark.parametrize("form", ["texts", "tokens", "mixed"])
def test_tokens_are_exchanged(form):
    """The label depends on the last token."""
    rng = np.random.default_rng(0)
    tokens = [rng.choice(["a", "b"], size=4).tolist() for _ in range(40)]
    y = np.array([words[-1] for words in tokens])
    X = [" ".join(words) for words in tokens] if form == "texts" else tokens
    if form == "mixed":
        numbers = rng.normal(size=(40, 4)).tolist()
        X = [np.array(pair, dtype=object).T for pair in zip(numbers, tokens, strict=True)]

    class LastToken(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            raise NotImplementedError

        def __sklearn_is_fitted__(self):
            return True

        def predict(self, X):
            sequences, _ = read_sequences(X, categorical_features="from_dtype")
            return np.array([x[-1, -1] for x in sequences])

    result = timestep_importance(LastToken(), X, y, n_blocks=2, random_state=0)
    importance = result.importances_mean
    assert importance[-1, -1] > 0.3
    importance[-1, -1] = 0
    assert not importance.any()


def test_several_labels_for_each_step():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 3)) for n in rng.integers(4, 9, 40)]
    y = [(x[:, :2] > 0).astype(int) for x in X]
    model = GRUStepClassifier(max_epochs=20, lr=0.02, dropout=0.0, random_state=0)
    result = timestep_importance(model.fit(X, y), X, y, n_blocks=2, random_state=0)
    used, unused = result.importances_mean[:, :2], result.importances_mean[:, 2]
    assert used.min() > unused.max() + 0.1

"""Every warning of skseq points at the line of the user, also in a Pipeline and a search."""

import copy
import inspect
import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

import skseq
from skseq import (
    GRUClassifier,
    GRUForecaster,
    GRUStepClassifier,
    SeasonalNaive,
    SequenceClassifier,
    exceptions,
)
from skseq.estimators import StepEstimator
from skseq.exceptions import (
    ChannelsFirstWarning,
    CharactersWarning,
    ColumnsAsStepsWarning,
    DateTextWarning,
    DeviceUnavailableWarning,
    IndexOrderWarning,
    InterruptedFitWarning,
    LongerSequencesWarning,
    LostIndexWarning,
    NumericTextWarning,
    PaddedStatesWarning,
    PaddingWarning,
    ShortSeriesWarning,
    SingleClassWarning,
    SkseqWarning,
    TargetInFeaturesWarning,
    TornSequencesWarning,
    UndefinedMetricWarning,
    UnknownCategoriesWarning,
    UnscaledInputWarning,
)
from skseq.metrics import mase_scorer, mean_absolute_scaled_error

from .cases import (
    ALL_ESTIMATORS,
    N_CLASSES,
    SmallNetwork,
    make,
    make_words,
    make_X,
    make_y,
    name_of,
)
from .forecasting import cases as forecasting
from .probes import CtrlC

rng = np.random.default_rng(0)
SERIES = forecasting.make_y(32)
_, PANEL = forecasting.make_panel(lengths=(20, 3, 20))
WRAPPERS = {
    "alone": lambda estimator, cv: estimator,
    "pipeline": lambda estimator, cv: make_pipeline("passthrough", estimator),
    "search": lambda estimator, cv: GridSearchCV(estimator, {}, cv=cv),
    "search of a pipeline": lambda estimator, cv: GridSearchCV(
        make_pipeline("passthrough", estimator), {}, cv=cv
    ),
}


def pad(cube, sequences, steps=slice(-2, None)):
    """Return a copy of an array in which steps of some sequences are NaN."""
    padded = np.array(cube)
    padded[sequences, steps] = np.nan
    return padded


def make_torn_rows():
    """Return rows of a sequence in which every fifth time is missing."""
    times = [time for time in range(60) if time % 5]
    index = pd.MultiIndex.from_product([["a"], times], names=["sequence", "time"])
    return pd.DataFrame({"value": rng.normal(size=len(times))}, index=index)


class Centered(SmallNetwork):
    """A network that subtracts the mean over steps and padding."""

    def forward(self, x):
        return super().forward(x - x.mean(1, keepdim=True))


# Warnings of fit: estimator, X and y.
CASES = {
    PaddedStatesWarning: lambda: (
        make(SequenceClassifier, network=Centered, max_epochs=1),
        make_X("ragged"),
        make_y(GRUClassifier),
    ),
    ChannelsFirstWarning: lambda: (
        make(GRUClassifier, max_epochs=1),
        rng.normal(size=(24, 2, 60)),
        make_y(GRUClassifier),
    ),
    ColumnsAsStepsWarning: lambda: (
        make(GRUClassifier, max_epochs=1),
        pd.DataFrame(rng.normal(size=(24, 2)), columns=["age", "heart_rate"]),
        make_y(GRUClassifier),
    ),
    CharactersWarning: lambda: (
        make(GRUClassifier, max_epochs=1),
        [list(word) for word in ("words", "of", "text") * 8],
        make_y(GRUClassifier),
    ),
    DateTextWarning: lambda: (
        make(GRUClassifier, max_epochs=1),
        [[f"2024-01-{day}" for day in range(10, 20)] for _ in range(24)],
        make_y(GRUClassifier),
    ),
    TargetInFeaturesWarning: lambda: (
        make(GRUClassifier, max_epochs=1),
        np.repeat(np.arange(24) % 2, 5).reshape(24, 5, 1),
        np.arange(24) % 2,
    ),
    TornSequencesWarning: lambda: (
        make(GRUStepClassifier, max_epochs=1),
        make_torn_rows(),
        np.arange(48) % 2,
    ),
    PaddingWarning: lambda: (
        make(GRUClassifier, max_epochs=1, missing="mask"),
        pad(make_X("cube"), slice(None, None, 3)),
        make_y(GRUClassifier),
    ),
    UnscaledInputWarning: lambda: (
        make(GRUClassifier, max_epochs=1, scale=False),
        [1000 * array for array in make_X("ragged")],
        make_y(GRUClassifier),
    ),
    InterruptedFitWarning: lambda: (
        make(GRUClassifier, max_epochs=3, callbacks=[CtrlC(2, "epoch begin")]),
        make_X("cube"),
        make_y(GRUClassifier),
    ),
    LostIndexWarning: lambda: (
        forecasting.make(GRUForecaster, max_epochs=1),
        np.ones((len(SERIES), 1)),
        SERIES,
    ),
    IndexOrderWarning: lambda: (
        make(GRUClassifier, max_epochs=1),
        pd.Series(["some words", "other words"] * 12, index=range(24)),
        pd.Series(make_y(GRUClassifier), index=range(23, -1, -1)),
    ),
    ShortSeriesWarning: lambda: (
        forecasting.make(SeasonalNaive, period=7, horizon=7),
        pd.DataFrame(index=PANEL.index),
        PANEL,
    ),
}


def find_warnings(category, call):
    """Return the warnings of a category that a call issues."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [warning for warning in caught if issubclass(warning.category, category)]


def assert_points_at(found, call):
    """Assert that there are warnings, and that all of them point into a function."""
    source, first = inspect.getsourcelines(call)
    lines = range(first, first + len(source))
    assert found
    for warning in found:
        assert warning.filename == __file__
        assert warning.lineno in lines


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("category", CASES, ids=lambda category: category.__name__)
def test_warning_of_fit_points_at_the_user(category, wrapper):
    if category is InterruptedFitWarning and "search" in wrapper:
        pytest.skip("KeyboardInterrupt ends a search")
    estimator, X, y = CASES[category]()
    cv = TimeSeriesSplit(2) if y is SERIES else 2
    if y is PANEL:
        rows = np.arange(len(PANEL))
        cv = [(rows, rows[-3:])]
    wrapped = WRAPPERS[wrapper](estimator, cv)

    def call():
        wrapped.fit(X, y)

    assert_points_at(find_warnings(category, call), call)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("how", ["pickle", "joblib", "copy", "skseq"])
def test_warning_of_an_unavailable_device_points_at_the_user(how, wrapper, tmp_path):
    estimator = WRAPPERS[wrapper](make(GRUClassifier, max_epochs=1), 2)
    estimator.fit(make_X("cube"), make_y(GRUClassifier))
    inner = getattr(estimator, "best_estimator_", estimator)
    net = getattr(inner, "steps", [[None, inner]])[-1][1].net_
    net.device = "cuda:99"
    pickled, path = pickle.dumps(estimator), tmp_path / "model"

    if how == "pickle":

        def call():
            pickle.loads(pickled)

    elif how == "joblib":
        joblib.dump(estimator, path)

        def call():
            joblib.load(path)

    elif how == "copy":

        def call():
            copy.deepcopy(estimator)

    else:
        if wrapper != "alone":
            pytest.skip("`skseq.load` reads estimators of skseq only")
        estimator.save(path)

        def call():
            skseq.load(path)

    assert_points_at(find_warnings(DeviceUnavailableWarning, call), call)


def test_warning_of_an_undefined_metric_points_at_the_user():
    y = PANEL.copy()
    y.loc["shop 0"] = 0.0
    naive = forecasting.make(SeasonalNaive).fit(None, y)
    rows = naive.forecast(3)

    def call():
        mase_scorer(naive, rows.to_frame()[[]], rows + 1)
        mean_absolute_scaled_error(rows + 1, rows, y_train=y)

    assert_points_at(find_warnings(UndefinedMetricWarning, call), call)


PADDED = pad(make_X("cube"), slice(5))
SCATTERED = np.where(rng.random((24, 12)) < 0.4, np.nan, rng.normal(size=(24, 12)))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    "X", [PADDED, PADDED[:, :, 0], list(PADDED)], ids=["cube", "table", "list"]
)
def test_padding_warns_only_in_the_first_fit(X, method):
    estimator, y = make(GRUClassifier, max_epochs=1, missing="mask"), make_y(GRUClassifier)
    given = {"classes": np.unique(y)} if method == "partial_fit" else {}
    message = rf"^5 of {len(X)} sequences look padded.*Sequences\.from_padded\(X\)"
    with pytest.warns(PaddingWarning, match=message) as found:
        getattr(estimator, method)(X, y, **given)
    assert len(found) == 1

    def call():
        estimator.partial_fit(X, y)
        estimator.predict(X)

    assert not find_warnings(PaddingWarning, call)


@pytest.mark.parametrize(
    "X",
    [
        pad(make_X("cube"), slice(5), 1),
        pad(make_X("cube")[:, :, :1], slice(5), 0),
        pad(make_X("cube").T, 0, slice(None)).T,
        [PADDED[0, :-1], *PADDED[1:]],
        skseq.Sequences.from_padded(PADDED),
        SCATTERED,
    ],
    ids=[
        "gap",
        "gap at the start",
        "a feature",
        "unequal lengths",
        "removed",
        "scattered",
    ],
)
def test_other_missing_values_do_not_look_padded(X):
    estimator, y = make(GRUClassifier, max_epochs=1, missing="mask"), make_y(GRUClassifier)
    assert not find_warnings(PaddingWarning, lambda: estimator.fit(X, y))


@pytest.mark.parametrize("wrapper", ["alone", "pipeline", "search"])
def test_warning_of_unknown_categories_points_at_the_user(wrapper):
    estimator = WRAPPERS[wrapper](make(GRUClassifier, max_epochs=1), 2)
    estimator.fit(make_words(), make_y(GRUClassifier))

    def call():
        estimator.predict(["Hund und Katze"])

    assert_points_at(find_warnings(UnknownCategoriesWarning, call), call)


@pytest.mark.parametrize("wrapper", ["alone", "pipeline", "search"])
def test_warning_of_numbers_stored_as_text_points_at_the_user(wrapper):
    X = [[str(value) for value in x[:, 0]] for x in make_X("ragged")]
    estimator = WRAPPERS[wrapper](make(GRUClassifier, max_epochs=1), 2)

    def call():
        estimator.fit(X, make_y(GRUClassifier))

    assert_points_at(find_warnings(NumericTextWarning, call), call)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_warning_of_longer_sequences(wrapper):
    """Of predict, if all training sequences had the same length."""
    long = [rng.normal(size=(n_steps, 2)) for n_steps in (10, 20, 21)]
    X, y = rng.normal(size=(24, 10, 2)), make_y(GRUClassifier)
    model = WRAPPERS[wrapper](make(GRUClassifier, max_epochs=1), 2).fit(X, y)

    def call():
        model.predict(long)

    found = find_warnings(LongerSequencesWarning, call)
    assert_points_at(found, call)
    message = "all sequences in fit had 10 steps, but sequence 2 of X has 21"
    assert message in str(found[0].message)
    assert not find_warnings(LongerSequencesWarning, lambda: model.predict(long[:2]))
    model.fit([*X[1:], X[0, :9]], y)
    assert not find_warnings(LongerSequencesWarning, call)


def test_every_warning_class_is_tested():
    classes = {
        value
        for value in vars(exceptions).values()
        if inspect.isclass(value) and issubclass(value, SkseqWarning)
    }
    others = {SkseqWarning, DeviceUnavailableWarning, UndefinedMetricWarning}
    others |= {SingleClassWarning}  # of partial_fit
    others |= {LongerSequencesWarning, NumericTextWarning, UnknownCategoriesWarning}
    assert classes == {*others, *CASES}


class TestSingleClass:
    """`partial_fit` on batches that are sorted by class."""

    every_classifier = pytest.mark.parametrize(
        "cls", [cls for cls in ALL_ESTIMATORS if hasattr(cls, "predict_proba")], ids=name_of
    )

    @staticmethod
    def feed(model, label, n=12):
        """Train on sequences of one class, or of all classes if it is None."""
        X = make_X("ragged", n)
        y = make_y(type(model), n, X)
        if label is not None:
            steps = isinstance(model, StepEstimator)
            y = [np.full(len(x), label) for x in X] if steps else np.full(n, label)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.partial_fit(X, y, classes=range(N_CLASSES))
        found = [w for w in caught if w.category is SingleClassWarning]
        assert all(w.filename == __file__ for w in found)
        return [str(w.message) for w in found]

    @every_classifier
    def test_one_warning_per_sequence_of_calls(self, cls):
        model = make(cls)
        assert not self.feed(model, None)
        (message,) = self.feed(model, 1)
        assert "have the class 1." in message
        assert not self.feed(model, 2)
        model.fit(make_X("ragged"), make_y(cls))
        assert len(self.feed(model, 0)) == 1

    @every_classifier
    def test_first_call(self, cls):
        model = make(cls)
        assert len(self.feed(model, 0)) == 1
        assert not self.feed(clone(model), None)
        assert len(self.feed(clone(model), 2)) == 1

    def test_few_targets_have_the_same_class_by_chance(self):
        assert not self.feed(make(GRUClassifier), 1, n=7)
        assert self.feed(make(GRUClassifier), 1, n=8)

    def test_unlabelled_steps_do_not_count(self):
        X = make_X("ragged")
        y = [np.where(np.arange(len(x)) % 2, 1.0, np.nan) for x in X]
        with pytest.warns(SingleClassWarning, match=r"have the class 1"):
            make(GRUStepClassifier).partial_fit(X, y, classes=[0, 1, 2])

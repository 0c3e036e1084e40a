"""The two studies of the demonstration: their data, their models, their yardstick."""

from dataclasses import dataclass, field
from typing import Any

from sklearn.model_selection import StratifiedKFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import (
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    RNNClassifier,
    RNNRegressor,
    TransformerClassifier,
    TransformerRegressor,
)
from skseq.datasets import load_japanese_vowels, load_seattle_weather
from skseq.preprocessing import PerStep


@dataclass
class Study:
    """A data set with its official split, and what is tried on it."""

    title: str
    summary: str
    metric: str
    scoring: str
    sign: int  # scikit-learn negates errors, so that more is always better
    train: tuple
    test: tuple
    cv: Any
    models: list
    searched: Any
    grid: dict
    baseline: tuple | None = None  # name, score on the training part, on the test part
    groups: Any = None  # what a held-out part must not tear apart
    results: list = field(default_factory=list)


def study_vowels(quick):
    """Return the classification study: Japanese Vowels."""
    train = load_japanese_vowels(split="train", return_X_y=True)
    test = load_japanese_vowels(split="test", return_X_y=True)
    options = {"max_epochs": 2 if quick else 25, **_common()}
    classifiers = [RNNClassifier, LSTMClassifier, GRUClassifier, TransformerClassifier]
    return Study(
        title="Japanese Vowels: which of nine men spoke?",
        summary=_summarise(train[0], test[0]),
        metric="accuracy",
        scoring="accuracy",
        sign=1,
        train=train,
        test=test,
        cv=StratifiedKFold(2 if quick else 3, shuffle=True, random_state=0),
        models=[_in_pipeline(classifier(**options)) for classifier in classifiers],
        searched=_in_pipeline(GRUClassifier(**options)),
        grid=_grid("gruclassifier", quick, [32, 64], [1e-3, 3e-3]),
    )


def study_weather(quick):
    """Return the regression study: tomorrow's maximum temperature in Seattle."""
    train = load_seattle_weather(split="train")
    test = load_seattle_weather(split="test")
    # Yesterday says most about tomorrow: read forward, answer at the last step.
    options = {
        "hidden_size": 32,
        "lr": 5e-3,
        "pooling": "last",
        "max_epochs": 2 if quick else 20,
        **_common(),
    }
    regressors = [RNNRegressor, LSTMRegressor, GRURegressor]
    forward = [regressor(bidirectional=False, **options) for regressor in regressors]
    models = [*forward, TransformerRegressor(**options)]
    persistence = [_rmse(part.target, part.persistence) for part in (train, test)]
    return Study(
        title="Seattle weather: how warm will it be tomorrow?",
        summary=_summarise(train.data, test.data),
        metric="RMSE in °C",
        scoring="neg_root_mean_squared_error",
        sign=-1,
        train=(train.data, train.target),
        test=(test.data, test.target),
        cv=TimeSeriesSplit(2 if quick else 3),
        models=[_in_pipeline(model) for model in models],
        searched=_in_pipeline(GRURegressor(bidirectional=False, **options)),
        grid=_grid("gruregressor", quick, [16, 32], [5e-3, 1e-2]),
        baseline=("persistence: as warm as today", *persistence),
        # Neighbouring windows overlap; those of one month stay together.
        groups=train.dates.astype("datetime64[M]").astype(int),
    )


def _common():
    # Networks this small are faster on the CPU, and there they come out the same.
    return {"random_state": 0, "device": "cpu"}


def _in_pipeline(estimator):
    return make_pipeline(PerStep(StandardScaler()), estimator)


def _grid(step, quick, sizes, rates):
    return {
        f"{step}__hidden_size": sizes[:1] if quick else sizes,
        f"{step}__lr": rates,
    }


def _summarise(train, test):
    lengths = [len(sequence) for part in (train, test) for sequence in part]
    low, high = min(lengths), max(lengths)
    return (
        f"{len(train)} sequences to train on, {len(test)} to test; "
        f"{train[0].shape[1]} features, "
        f"{low if low == high else f'{low} to {high}'} steps"
    )


def _rmse(target, prediction):
    return float(((target - prediction) ** 2).mean() ** 0.5)

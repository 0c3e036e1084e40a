"""The studies of the demonstration: data, models and metric."""

from dataclasses import dataclass, field
from typing import Any

from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import StratifiedKFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skseq
from skseq.datasets import load_japanese_vowels, load_seattle_weather
from skseq.metrics import outlier_roc_auc
from skseq.preprocessing import PerStep

# Small networks are faster on the CPU, and its results are reproducible.
COMMON = {"random_state": 0, "device": "cpu"}
# The speaker that the outlier detector has to find.
NEW_SPEAKER = "9"


@dataclass
class Study:
    """A data set with its official split, the models to compare, and their results."""

    title: str
    summary: str
    metric: str
    scoring: str
    sign: int  # -1 for errors, which scikit-learn negates so that higher is better
    train: tuple
    test: tuple
    cv: Any
    models: list
    searched: Any
    grid: dict
    baseline: tuple | None = None  # name, training score, test score
    groups: Any = None  # groups that the validation split keeps together
    results: list = field(default_factory=list)


def study_vowels(quick):
    """Return the classification study: Japanese Vowels."""
    train = load_japanese_vowels(split="train", return_X_y=True)
    test = load_japanese_vowels(split="test", return_X_y=True)
    options = {"max_epochs": 2 if quick else 25, **COMMON}
    recurrent = [skseq.RNNClassifier, skseq.LSTMClassifier, skseq.GRUClassifier]
    return Study(
        title="Japanese Vowels: speaker classification",
        summary=_summarize(train[0], test[0]),
        metric="accuracy",
        scoring="accuracy",
        sign=1,
        train=train,
        test=test,
        cv=StratifiedKFold(2 if quick else 3, shuffle=True, random_state=0),
        models=[
            _in_pipeline(cls(**options))
            for cls in (*recurrent, skseq.TransformerClassifier)
        ],
        searched=_in_pipeline(skseq.GRUClassifier(**options)),
        grid=_grid("gruclassifier", quick, [32, 64], [1e-3, 3e-3]),
    )


def study_weather(quick):
    """Return the regression study: maximum temperature of the next day in Seattle."""
    train = load_seattle_weather(split="train")
    test = load_seattle_weather(split="test")
    # The last days are the most informative: use forward networks and the last state.
    options = {
        "hidden_size": 32,
        "lr": 5e-3,
        "pooling": "last",
        "max_epochs": 2 if quick else 20,
        **COMMON,
    }
    recurrent = [skseq.RNNRegressor, skseq.LSTMRegressor, skseq.GRURegressor]
    models = [cls(bidirectional=False, **options) for cls in recurrent]
    models.append(skseq.TransformerRegressor(**options))
    errors = [
        root_mean_squared_error(part.target, part.persistence) for part in (train, test)
    ]
    return Study(
        title="Seattle weather: maximum temperature of the next day",
        summary=_summarize(train.data, test.data),
        metric="RMSE in °C",
        scoring="neg_root_mean_squared_error",
        sign=-1,
        train=(train.data, train.target),
        test=(test.data, test.target),
        cv=TimeSeriesSplit(2 if quick else 3),
        models=[_in_pipeline(model) for model in models],
        searched=_in_pipeline(skseq.GRURegressor(bidirectional=False, **options)),
        grid=_grid("gruregressor", quick, [16, 32], [5e-3, 1e-2]),
        baseline=("persistence (same as today)", *errors),
        # Windows overlap, so the windows of a month stay together.
        groups=train.dates.astype("datetime64[M]").astype(int),
    )


def find_new_speaker(quick):
    """Return a line on an outlier detector: it has to find a speaker that it has not seen."""
    X, y = load_japanese_vowels(split="train", return_X_y=True)
    X_test, y_test = load_japanese_vowels(split="test", return_X_y=True)
    detector = skseq.GRUOutlierDetector(**({"max_epochs": 2} if quick else {}), **COMMON)
    detector.fit(X[y != NEW_SPEAKER])
    score = outlier_roc_auc(y_test == NEW_SPEAKER, detector.score_samples(X_test))
    return (
        f"Japanese Vowels: outlier detection\n"
        f"  {type(detector).__name__}, trained on all speakers but one without labels, finds "
        f"the test recordings of\n  the missing one with an area under the ROC curve of "
        f"{score:.3f} (1 is perfect, 0.5 is chance)."
    )


def _in_pipeline(estimator):
    return make_pipeline(PerStep(StandardScaler()), estimator)


def _grid(step, quick, sizes, rates):
    return {f"{step}__hidden_size": sizes[:1] if quick else sizes, f"{step}__lr": rates}


def _summarize(train, test):
    lengths = [len(sequence) for part in (train, test) for sequence in part]
    low, high = min(lengths), max(lengths)
    return (
        f"{len(train)} training sequences, {len(test)} test sequences; "
        f"{train[0].shape[1]} features, "
        f"{low if low == high else f'{low} to {high}'} steps"
    )

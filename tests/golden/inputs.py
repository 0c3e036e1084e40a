"""Synthetic sequences and series for the stored predictions.

The arrays depend on nothing but the seeds below. Changing anything here invalidates every
file in `data/`.
"""

import numpy as np
import pandas as pd

N_TRAIN, N_TEST, N_FEATURES, N_CLASSES = 24, 4, 3, 3


def make_sequences(form, n=N_TRAIN, seed=0):
    """Return sequences in one of the input formats.

    Parameters
    ----------
    form : {"equal", "ragged", "table", "gaps", "frame", "long", "very long", "words"}
        `"equal"` is an array (n, 6, 3), `"table"` an array (n, 8), `"gaps"` a ragged list
        with NaN, `"frame"` a DataFrame whose cells are arrays, `"words"` lists of words.
    n : int, default=24
        Number of sequences.
    seed : int, default=0
        Seed of the values and lengths.
    """
    if form == "words":
        return make_words(n, seed)
    random = np.random.default_rng(seed)
    fixed = {"equal": 6, "table": 8, "long": 200, "very long": 2500}
    lengths = np.full(n, fixed[form]) if form in fixed else random.integers(2, 12, n)
    n_features = 1 if form == "table" else N_FEATURES
    arrays = [random.normal(size=(steps, n_features)) for steps in lengths]
    for i, array in enumerate(arrays):
        array[:, 0] += i % N_CLASSES
        if form == "gaps":
            array[random.random(array.shape) < 0.2] = np.nan
    if form == "table":
        return np.stack(arrays)[:, :, 0]
    if form == "frame":
        columns = {name: [a[:, k] for a in arrays] for k, name in enumerate("abc")}
        return pd.DataFrame(columns)
    return np.stack(arrays) if form in fixed else arrays


def make_words(n=N_TRAIN, seed=0):
    """Return sequences of words."""
    random = np.random.default_rng(seed)
    words = ["walked", "walking", "Walks", "the", "a", "Mr.", "dog", "1999"]
    lengths = random.integers(2, 12, n)
    return [[words[k] for k in random.integers(0, 8, size)] for size in lengths]


def make_step_targets(kind, X):
    """Return an array of labels or of numbers for the steps of each sequence."""
    random = np.random.default_rng(1)
    labels = [(i + np.arange(len(x)) // 2) % N_CLASSES for i, x in enumerate(X)]
    if kind == "labels":
        return [np.array(["low", "medium", "high"])[part] for part in labels]
    return [10 + 3 * part + random.normal(scale=0.3, size=len(part)) for part in labels]


def make_targets(kind, n=N_TRAIN):
    """Return targets: labels, indicators of labels, counts, or one or two numbers."""
    classes = np.arange(n) % N_CLASSES
    noise = np.random.default_rng(1).normal(scale=0.3, size=(n, 2))
    return {
        "classes": classes,
        "strings": np.array(["low", "medium", "high"])[classes],
        "binary": (classes > 0).astype(int),
        "multilabel": np.stack([classes > 0, classes % 2, noise[:, 0] > 0], 1).astype(int),
        "number": 10 + 3 * classes + noise[:, 0],
        "numbers": np.stack([classes, -classes], axis=1) * [1, 100] + noise,
        "counts": np.round(np.exp(classes + noise[:, 0])),
    }[kind]


def make_weights(n=N_TRAIN):
    """Return sample weights, one of them zero."""
    return np.arange(n) % 4 / 2 + (np.arange(n) != 0) * 0.5


def make_series(n=70, n_targets=None, seed=0, kind="plain", end="2020-03-10"):
    """Return a daily series with a trend, a period of seven days and noise.

    Parameters
    ----------
    n : int, default=70
        Number of time steps.
    n_targets : int, default=None
        Number of columns of a DataFrame; None returns a Series.
    seed : int, default=0
        Seed of the noise.
    kind : {"plain", "gaps", "counts"}, default="plain"
        `"gaps"` has NaN, `"counts"` small whole numbers.
    end : str, default="2020-03-10"
        Last day.
    """
    random = np.random.default_rng(seed)
    step, column = np.arange(n)[:, None], np.arange(n_targets or 1)
    values = 20 + 0.1 * step + 3 * np.sin(2 * np.pi * (step / 7 + column / 5))
    values = values + random.normal(scale=0.5, size=values.shape)
    if kind == "counts":
        values = random.poisson(np.maximum(values - 20, 0.2)).astype(float)
    if kind == "gaps":
        values[random.random(values.shape) < 0.1] = np.nan
    index = pd.date_range(end=end, periods=n, freq="D")
    if n_targets is None:
        return pd.Series(values[:, 0], index=index, name="sales")
    return pd.DataFrame(values, index=index, columns=[f"target {k}" for k in column])


def make_covariates(index, columns="", seed=1, static=0.0, gaps=False):
    """Return one column per letter of `columns`; column "c" is constant."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(len(index), len(columns)))
    if gaps:
        values[random.random(values.shape) < 0.1] = np.nan
    frame = pd.DataFrame(values, index=index, columns=list(columns))
    if "c" in columns:
        frame["c"] = static
    return frame


def make_panel(columns="", n_targets=None, kind="plain"):
    """Return X and y of three series of different lengths that end on one day."""
    X, y = [], []
    for k, n in enumerate((60, 50, 35)):
        y.append((1 + k) * make_series(n, n_targets, k, kind))
        X.append(make_covariates(y[-1].index, columns, 10 + k, k, gaps=kind == "gaps"))
    keys = [f"shop {k}" for k in range(len(y))]
    return tuple(pd.concat(part, keys=keys, names=["shop", "day"]) for part in (X, y))

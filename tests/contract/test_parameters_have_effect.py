"""Every parameter of every estimator changes its behavior."""

import inspect
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import PowerTransformer
from sklearn.utils._param_validation import StrOptions
from skorch.callbacks import Callback

import skseq
from skseq import Sequences
from skseq.exceptions import UnknownCategoriesWarning
from skseq.preprocessing import Scale

from .anomalies.cases import make_X as make_rows
from .cases import (
    CLASSES,
    FORECASTERS,
    OUTLIER_DETECTORS,
    SERIES_DETECTORS,
    make_words,
    make_X,
    make_y,
    predict,
)

# Another value of each parameter, and the parameters that must be set for it to matter.
CHANGES = {
    "alpha": (100.0, {}),
    "activation": ("relu", {}),
    "augmentation": (Scale(spread=0.9), {}),
    "batch_size": (5, {}),
    "bidirectional": ("other", {}),
    "center": (False, {}),
    "class_weight": ("other", {}),
    "contamination": (0.2, {}),
    "conformal": (False, {"loss": "normal"}),
    "context_length": (6, {}),
    "differencing": ("first", {}),
    "dim_feedforward": (5, {}),
    "dropout": (0.6, {}),
    "early_stopping": ("other", {"max_epochs": 30, "n_iter_no_change": 1, "lr": 0.3}),
    "hidden_size": (16, {}),
    "horizon": (3, {}),
    "loss": ("other", {}),
    "lr": (0.05, {}),
    "lr_schedule": ("constant", {}),
    "max_epochs": (4, {}),
    "max_grad_norm": (1e-4, {"lr_schedule": "constant"}),
    "n_iter_no_change": (1, {"max_epochs": 30, "early_stopping": True, "lr": 0.3}),
    "n_neighbors": (1, {}),
    "normalization": (None, {}),
    "num_heads": (1, {}),
    "num_layers": (2, {}),
    "patch_size": (2, {}),
    "period": ("other", {"patch_size": "auto", "context_length": None}),
    "pooling": ("max", {}),
    "positions": ("other", {}),
    "precision": ("bfloat16", {"patch_size": 2}),
    "quantile": (0.9, {"loss": "quantile"}),
    "quantiles": ([0.2, 0.5, 0.8], {"loss": "quantile"}),
    "random_state": (7, {}),
    "scale": (False, {}),
    "smoothing": (3, {}),
    "stem": (2, {}),
    "target_transformer": (PowerTransformer(), {}),
    "transitions": ("crf", {}),
    "unit": ("series", {}),
    "validation_fraction": (0.45, {"early_stopping": True, "max_epochs": 6}),
    "weight_decay": (5.0, {}),
    "window_length": (3, {}),
}
# Parameters whose effect is not a prediction; each has a test below.
OTHER_EFFECTS = {
    "callbacks",
    "categorical_features",
    "checkpoint",
    "data_parallel",
    "device",
    "embedding_size",
    "missing",
    "past_columns",
    "sequence",
    "series",
    "static_columns",
    "subwords",
    "verbose",
    "warm_start",
}
SMALL = {
    "hidden_size": 8,
    "max_epochs": 3,
    "batch_size": 8,
    "random_state": 0,
    "horizon": 5,
    "context_length": 12,
    "patch_size": 1,
    "dropout": 0.0,
}
N_ROWS = 60


def list_parameters(cls):
    return list(inspect.signature(cls).parameters)


def make(cls, **params):
    """Return a small estimator."""
    small = {name: value for name, value in SMALL.items() if name in list_parameters(cls)}
    return cls(**{**small, **params})


def make_table(missing=False):
    """Return covariates and a series; one covariate is missing in a few rows."""
    rng = np.random.default_rng(0)
    index = pd.date_range("2024-01-01", periods=N_ROWS, freq="D")
    X = pd.DataFrame(rng.normal(5, 3, size=(N_ROWS, 2)), index=index, columns=["a", "b"])
    if missing:
        X.iloc[3:6, 0] = np.nan
    values = (
        20 + np.arange(N_ROWS) / 9 + 3 * np.sin(np.arange(N_ROWS)) + rng.normal(size=N_ROWS)
    )
    return X, pd.Series(values, index=index)


def fit(estimator):
    """Fit an estimator on data of its family."""
    if type(estimator) in SERIES_DETECTORS:
        return estimator.fit(make_rows())
    if type(estimator) in FORECASTERS:
        X, y = make_table()
        return estimator.fit(X[:-10], y[:-10])
    return estimator.fit(make_X("ragged", n=40), make_y(type(estimator), n=40))


def observe(estimator):
    """Return predictions of a fitted estimator as one array, and its number of epochs."""
    if type(estimator) in SERIES_DETECTORS:
        found = estimator.decision_function(make_rows(seed=2))
    elif type(estimator) in OUTLIER_DETECTORS:
        found = estimator.decision_function(make_X("ragged", n=40, seed=2))
    elif type(estimator) in FORECASTERS:
        X, _ = make_table()
        future = X[-10:]
        parts = [estimator.predict(future), estimator.predict_quantiles(future, [0.1, 0.9])]
        found = np.concatenate([np.ravel(part) for part in parts])
    else:
        found = np.ravel(predict(estimator, make_X("ragged", n=40, seed=2)))
    return np.append(found, getattr(estimator, "n_iter_", 0))


@cache
def observe_default(cls, items):
    return observe(fit(make(cls, **dict(items))))


def choose_other(cls, name):
    """Return a value of a parameter that differs from the default of the class."""
    default = inspect.signature(cls).parameters[name].default
    for constraint in cls._parameter_constraints[name]:
        others = constraint.options if isinstance(constraint, StrOptions) else set()
        if isinstance(default, str) and others - {default}:
            return min(others - {default})
    if name == "bidirectional":
        return not default
    if name == "early_stopping":
        return cls not in FORECASTERS + SERIES_DETECTORS
    if name == "class_weight":
        return {0: 9.0, 1: 1.0, 2: 0.1}
    return 3 if cls is skseq.SeasonalNaive else 6  # period


CASES = [
    pytest.param(cls, name, id=f"{cls.__name__}-{name}")
    for cls in CLASSES
    if hasattr(cls, "fit")
    for name in list_parameters(cls)
    if name not in OTHER_EFFECTS
    # Outlier detectors require their values of the first three parameters. Without patches,
    # recurrences on the CPU have float32 only.
    and not (
        cls in OUTLIER_DETECTORS
        and name in {"bidirectional", "patch_size", "stem", "precision"}
    )
]


@pytest.mark.parametrize(("cls", "name"), CASES)
def test_changed_parameter_changes_predictions(cls, name):
    assert name in CHANGES, f"{name} has no test: add it to CHANGES or OTHER_EFFECTS"
    value, base = CHANGES[name]
    base = {key: v for key, v in base.items() if key in list_parameters(cls)}
    if isinstance(value, str) and value == "other":
        value = choose_other(cls, name)
    before = observe_default(cls, tuple(base.items()))
    after = observe(fit(make(cls, **{**base, name: value})))
    assert before.shape != after.shape or not np.allclose(before, after, equal_nan=True)


def classes_with(name):
    """Return the classes that have a parameter, for `parametrize`."""
    classes = [
        cls for cls in CLASSES if hasattr(cls, "fit") and name in list_parameters(cls)
    ]
    return pytest.mark.parametrize("cls", classes, ids=lambda cls: cls.__name__)


@classes_with("callbacks")
def test_callbacks_are_called(cls):
    epochs = []

    class Count(Callback):
        def on_epoch_end(self, net, **kwargs):
            epochs.append(net)

    fit(make(cls, callbacks=[Count()]))
    assert len(epochs) >= 3


@classes_with("checkpoint")
def test_checkpoint_writes_files(cls, tmp_path):
    fit(make(cls, checkpoint=tmp_path))
    assert list(tmp_path.rglob("*.safetensors"))


@classes_with("data_parallel")
def test_data_parallel_requires_accelerate(cls, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "accelerate", None)
    fit(make(cls))
    with pytest.raises(ImportError, match="data_parallel=True"):
        fit(make(cls, data_parallel=True))


@classes_with("device")
def test_device_is_the_device_of_the_net(cls):
    estimator = fit(make(cls, device="cpu"))
    assert getattr(estimator, "forecaster_", estimator).net_.device == "cpu"
    with pytest.raises(ValueError, match="device='cuda:99'"):
        fit(make(cls, device="cuda:99"))


@classes_with("missing")
def test_missing_decides_whether_nan_raises(cls):
    if cls in SERIES_DETECTORS:
        X = make_rows()
        X[30, 1] = np.nan
        arguments = (X,)
    elif cls in FORECASTERS:
        X, y = make_table(missing=True)
        arguments = X, y
    else:
        X = make_X("ragged", n=40)
        X[0][0, 1] = np.nan
        arguments = X, make_y(cls, n=40)
    make(cls, missing="mask").fit(*arguments)
    with pytest.raises(ValueError, match="NaN|missing"):
        make(cls, missing="error").fit(*arguments)


@classes_with("embedding_size")
def test_embedding_size_is_the_number_of_columns_of_the_network(cls):
    X, y = make_words(n=40), make_y(cls, n=40)
    for size in (3, 5):
        model = make(cls, embedding_size=size).fit(X, y)
        assert model.net_.module_.inputs.embedding.width == size


@classes_with("subwords")
def test_subwords_distinguish_unseen_words(cls):
    X, y = make_words(n=40), make_y(cls, n=40)
    unseen = Sequences(None, [1, 1], codes=[0, 1], categories=[["jumped", "jumping"]])
    for subwords in (False, True):
        model = make(cls, subwords=subwords).fit(X, y)
        with pytest.warns(UnknownCategoriesWarning):
            first, second = predict(model, unseen)
        assert np.array_equal(first, second) != subwords


@classes_with("past_columns")
def test_past_columns_are_not_needed_ahead(cls):
    X, y = make_table()
    forecasts = []
    for changed in (X, X.assign(b=X["b"].where(X.index < X.index[-10], 99.0))):
        model = make(cls, past_columns=["b"]).fit(X[:-10], y[:-10])
        forecasts.append(np.asarray(model.predict(changed[-10:])))
    assert (forecasts[0] == forecasts[1]).all()
    with_future = fit(make(cls)).predict(changed[-10:])
    assert not np.allclose(with_future, forecasts[0])


@classes_with("static_columns")
def test_static_columns_are_carried_forward(cls):
    X, y = make_table()
    X = X[["a"]].assign(a=2.0)
    assert len(make(cls, static_columns=["a"]).fit(X, y).forecast(5)) == 5
    with pytest.raises(ValueError, match="a"):
        make(cls).fit(X, y).forecast(5)


@classes_with("sequence")
def test_sequence_names_the_column_that_identifies_sequences(cls):
    X, y = make_table()
    table = pd.concat([X.assign(shop="p"), X.assign(shop="q")], ignore_index=True)
    target = np.tile(y > y.median(), 2).astype(int)
    together = make(cls).fit(table[["a", "b"]], target)
    apart = make(cls, sequence="shop").fit(table, target)
    assert list(apart.feature_names_in_) == ["a", "b"]
    # The second shop is not the continuation of the first.
    found = apart.predict(table)
    assert (found[:N_ROWS] == found[N_ROWS:]).all()
    states = together.transform(table[["a", "b"]])
    assert not np.allclose(states[:N_ROWS], states[N_ROWS:])


@classes_with("series")
def test_series_names_the_column_of_a_panel(cls):
    X, y = make_table()
    if cls in SERIES_DETECTORS:
        detector = make(cls, series="shop").fit(pd.concat([X.assign(shop=k) for k in "pq"]))
        assert detector.observed_.ids == ["p", "q"]
        return
    table = pd.concat([X.assign(shop="p"), X.assign(shop="q")])
    target = pd.concat([y, y + 5])
    params = {"series": "shop"}
    assert make(cls, **params).fit(table[["shop"]], target).series_ids_ == ["p", "q"]
    with pytest.raises((ValueError, TypeError)):
        make(cls).fit(table[["shop"]], target)


@classes_with("verbose")
def test_verbose_shows_progress(cls, capfd):
    fit(make(cls))
    assert capfd.readouterr().err == ""
    fit(make(cls, verbose=1))
    assert cls.__name__ in capfd.readouterr().err


@classes_with("warm_start")
def test_warm_start_starts_from_the_previous_weights(cls):
    cold, warm = fit(fit(make(cls))), fit(fit(make(cls, warm_start=True)))
    assert not np.allclose(observe(cold), observe(warm))


def test_every_parameter_has_a_test():
    names = {
        name for cls in CLASSES if hasattr(cls, "fit") for name in list_parameters(cls)
    }
    assert names == set(CHANGES) | OTHER_EFFECTS

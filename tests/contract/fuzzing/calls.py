"""Calls of public methods with odd arguments.

Each function takes a generator, makes one call, and returns a description of the call and
what is wrong with its outcome, or None.
"""

import copy
import inspect
import tempfile
import warnings
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import skseq
from skseq.preprocessing import PerStep

from ..cases import CLASSIFIERS, ESTIMATORS, FORECASTERS, make
from ..forecasting import cases as forecasting
from .oracle import judge_error, judge_numbers, judge_rows
from .values import (
    FORMS,
    N_SEQUENCES,
    change_targets,
    draw,
    draw_arrays,
    draw_odd,
    draw_parameter,
    draw_weights,
    draw_X,
    replace_one,
)

# Parameters that have effects outside the process.
SKIPPED = {"checkpoint", "data_parallel", "verbose"}
LABELS = np.array([0, 1, 2, 0, 1, 2])
NUMBERS = np.array([0.5, 1.0, 2.0, -1.0, 3.0, 0.0])


def run(call, judge=judge_numbers, allowed=()):
    """Call a function; return what is wrong with the outcome, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = call()
        except Exception as error:
            return judge_error(error, allowed)
    return judge(result)


def describe(*values):
    """Return short descriptions of values."""
    return ", ".join(map(_describe, values))


def _describe(value):
    if isinstance(value, (list, tuple)) and type(value[:0]) is type(value):
        kinds = sorted({type(item).__name__ for item in value})
        return f"{type(value).__name__} of {len(value)} {'/'.join(kinds)}"
    if isinstance(value, np.ndarray):
        return f"ndarray {value.dtype} {value.shape}"
    try:
        return f"{type(value).__name__} {str(value)[:60]!r}"
    except Exception:
        return type(value).__name__


def ignore(result):
    """Accept every result."""


def targets_of(cls):
    return LABELS if cls in CLASSIFIERS else NUMBERS


def draw_y(rng, y):
    """Return targets, often odd ones."""
    return y if rng.random() < 0.5 else change_targets(rng, y)


@cache
def fitted(cls):
    """Return a fitted estimator."""
    arrays = draw_arrays(np.random.default_rng(0))
    return make(cls).fit(arrays, targets_of(cls))


def fit_sequences(rng):
    """Fit an estimator of sequences, and predict."""
    cls = draw(rng, ESTIMATORS)
    estimator = make(cls, max_epochs=1)
    names = [name for name in estimator.get_params() if name not in SKIPPED]
    parameters = {}
    if rng.random() < 0.3:
        parameters = {draw(rng, names): draw_parameter(rng)}
    X = draw_arrays(rng) if rng.random() < 0.4 else draw_X(rng)
    y, weight = draw_y(rng, targets_of(cls)), draw_weights(rng)
    groups = None if rng.random() < 0.8 else change_targets(rng, LABELS)

    def call():
        return estimator.set_params(**parameters).fit(X, y, weight, groups)

    def judge(result):
        if result is not estimator:
            return "fit does not return the estimator"
        return judge_numbers(estimator.history_["train_loss"])

    shown = describe(X, y, weight, groups, *parameters.items())
    return f"{cls.__name__}.fit({shown})", run(call, judge)


def use_sequences(rng):
    """Call a method of a fitted estimator of sequences."""
    cls = draw(rng, ESTIMATORS)
    estimator, X = fitted(cls), draw_X(rng)
    methods = ["predict", "transform", "score", "trace", "partial_fit", "summary"]
    methods += ["get_feature_names_out"]
    optional = ("predict_proba", "predict_log_proba", "decision_function")
    methods += [name for name in optional if hasattr(cls, name)]
    name, judge, args = draw(rng, methods), ignore, (X,)
    if name in ("score", "partial_fit", "trace"):
        args = X, draw_y(rng, targets_of(cls))
    if name == "partial_fit":
        estimator = fitted.__wrapped__(cls)
        if cls in CLASSIFIERS and rng.random() < 0.3:
            args += (change_targets(rng, LABELS),)
    if name in ("summary", "get_feature_names_out"):
        args = (draw_parameter(rng),)
    if name not in ("score", "partial_fit", "trace", "summary", "get_feature_names_out"):
        judge = partial(judge_rows, n_rows=len(X)) if _is_sized(X) else judge_numbers
    call = partial(getattr(estimator, name), *args)
    return f"{cls.__name__}.{name}({describe(*args)})", run(call, judge)


def _is_sized(X):
    try:
        return len(X) > 0
    except Exception:
        return False


def use_unfitted(rng):
    """Call a method of an estimator that is not fitted."""
    cls = draw(rng, [*ESTIMATORS, *FORECASTERS])
    names = [
        name
        for name in ("predict", "transform", "score", "trace", "summary", "save", "update")
        if hasattr(cls, name)
    ]
    name = draw(rng, names)
    n_args = len(
        [
            p
            for p in inspect.signature(getattr(cls, name)).parameters.values()
            if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
        ]
    )
    args = [draw_odd(rng) for _ in range(n_args - 1)]
    call = partial(getattr(cls(), name), *args)
    return f"{cls.__name__}().{name}({describe(*args)})", run(call, ignore)


def make_container(rng):
    """Call a constructor or a method of Sequences."""
    arrays = draw_arrays(rng)
    X = skseq.Sequences.from_list(arrays, ids=list("abcdef"))
    frame = X.to_frame().assign(label=np.repeat(LABELS, 5))
    if rng.random() < 0.5:
        values = replace_one(rng, frame.to_numpy())
        frame = pd.DataFrame(values, columns=frame.columns)

    def odd(value, share=0.3):
        return draw_odd(rng) if rng.random() < share else value

    def changed(values):
        return change_targets(rng, values) if rng.random() < 0.5 else values

    calls = {
        "Sequences": lambda: skseq.Sequences(
            changed(X.values), changed(X.lengths), starts=changed(X.starts)
        ),
        "Sequences(names)": lambda: skseq.Sequences(
            X.values, X.lengths, ids=odd(X.ids), feature_names=odd(["u", "v"])
        ),
        "from_list": lambda: skseq.Sequences.from_list(draw_X(rng)),
        "from_padded": lambda: skseq.Sequences.from_padded(draw_X(rng)),
        "from_frame": lambda: skseq.Sequences.from_frame(
            odd(frame, 0.1),
            sequence=odd("sequence", 0.2),
            time=odd("time", 0.2),
            target=odd("label", 0.2),
            features=odd(None, 0.2),
        ),
        "to_frame": lambda: X.to_frame(sequence=odd("sequence"), time=odd("time")),
        "windows": lambda: X.windows(
            draw_parameter(rng), odd(1), y=changed(LABELS), reduce=odd(None, 0.1)
        ),
        "compact": lambda: X[changed(np.arange(N_SEQUENCES))].compact(),
    }
    name = draw(rng, list(calls))
    # Python's protocol of sequences asks for IndexError.
    allowed = IndexError if name == "compact" else ()
    return name, run(calls[name], ignore, allowed)


def use_per_step(rng):
    """Fit PerStep, and transform."""
    inner = draw(
        rng,
        [
            StandardScaler(),
            make_column_transformer(
                (OneHotEncoder(handle_unknown="ignore"), [0]), remainder="passthrough"
            ),
        ],
    )
    X, arrays = draw_X(rng), draw_arrays(rng)
    per_step = PerStep(inner)
    if rng.random() < 0.5:
        call = partial(per_step.fit_transform, X)
    else:
        call = partial(per_step.fit(arrays).transform, X)
    return f"PerStep({type(inner).__name__})({describe(X)})", run(call, ignore)


def use_pipeline(rng):
    """Fit a pipeline, and predict."""
    X, y = draw_X(rng), draw_y(rng, LABELS)
    pipe = make_pipeline(PerStep(StandardScaler()), make(skseq.GRUClassifier, max_epochs=1))

    def call():
        return pipe.fit(X, y).predict(X)

    return f"Pipeline({describe(X, y)})", run(call)


def use_files(rng):
    """Write to odd paths, and load odd files."""
    estimator = fitted(draw(rng, ESTIMATORS))
    name = draw(rng, ["save", "to_onnx", "load", "load bytes"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        if name == "load bytes":
            estimator.save(path)
            data = bytearray(path.read_bytes())
            for _ in range(rng.integers(1, 20)):
                data[rng.integers(len(data))] = rng.integers(256)
            path.write_bytes(data[: rng.integers(len(data) + 1)])
            return name, run(partial(skseq.load, path), ignore)
        odd = draw_odd(rng)
        if isinstance(odd, (str, bytes)) and odd:
            odd = str(path / str(odd))
        paths = [odd, folder, Path(folder), "\0", f"{folder}/a/b", f"{folder}/" + "a" * 300]
        where = draw(rng, paths)
        use = skseq.load if name == "load" else getattr(estimator, name)
        return f"{name}({describe(where)})", run(partial(use, where), ignore, OSError)


SEQUENCE_CALLS = (
    *[fit_sequences] * 6,
    *[use_sequences] * 6,
    *[make_container] * 3,
    *[use_per_step] * 2,
    use_pipeline,
    use_files,
    use_unfitted,
)


@cache
def fitted_forecaster(cls):
    """Return a forecaster of one series that is fitted without covariates."""
    return forecasting.make(cls).fit(None, forecasting.make_y(30).to_numpy())


def draw_rows(rng, n):
    """Return rows of covariates, often odd ones."""
    form = rng.random()
    if form < 0.3:
        return None
    if form < 0.5:
        return pd.DataFrame(index=forecasting.make_index(n))
    if form < 0.7:
        return rng.normal(size=(n, 2))
    if form < 0.9:
        return draw(rng, FORMS)(rng, [rng.normal(size=(5, 2)) for _ in range(n)])
    return change_targets(rng, rng.normal(size=n))


def fit_series(rng):
    """Fit a forecaster, and forecast."""
    cls = draw(rng, FORECASTERS)
    forecaster = forecasting.make(cls)
    if "max_epochs" in forecaster.get_params():
        forecaster.set_params(max_epochs=1)
    names = [name for name in forecaster.get_params() if name not in SKIPPED]
    parameters = {}
    if rng.random() < 0.3:
        parameters = {draw(rng, names): draw_parameter(rng)}
    y = draw_y(rng, forecasting.make_y(30).to_numpy())
    X = draw_rows(rng, 30)

    def call():
        return forecaster.set_params(**parameters).fit(X, y)

    shown = describe(X, y, *parameters.items())
    return f"{cls.__name__}.fit({shown})", run(call, ignore)


def use_series(rng):
    """Call a method of a fitted forecaster."""
    cls = draw(rng, FORECASTERS)
    model = fitted_forecaster(cls)
    X, y = draw_rows(rng, 4), draw_y(rng, forecasting.make_y(4).to_numpy())
    odd = draw_parameter(rng)
    calls = {
        "predict": lambda: model.predict(X),
        "predict(history)": lambda: model.predict(X, history=y),
        "predict_interval": lambda: model.predict_interval(X, odd),
        "predict_quantiles": lambda: model.predict_quantiles(X, odd),
        "sample": lambda: model.sample(X, odd),
        "forecast": lambda: model.forecast(odd),
        "forecast(X)": lambda: model.forecast(4, X),
        "update": lambda: copy.deepcopy(model).update(X, y),
        "score": lambda: model.score(X, y),
    }
    name = draw(rng, list(calls))
    shown = f"{cls.__name__}.{name}({describe(X, y, odd)})"
    return shown, run(calls[name], ignore)


SERIES_CALLS = (fit_series, *[use_series] * 2)

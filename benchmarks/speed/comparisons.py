"""The comparisons: what both sides run, and the largest ratio of their times."""

import tomllib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.model_selection import GridSearchCV

from skseq.preprocessing import Jitter, Scale, TimeWarp

from . import peers
from .checks import find_initial_weights
from .floors import prepare_cell, prepare_kernels, prepare_lstm, prepare_network
from .taggers import prepare_tagger, prepare_tagger_prediction
from .updates import prepare_updates
from .workloads import Workload, predict_bare, train_bare

# Keys of the comparisons of taggers.
TAGGER_SETTINGS = ("ours", "theirs", "extracts_features", "n_tagged")
CALLS = 300  # a single call of a few milliseconds is too short for the clock


@dataclass(frozen=True)
class Comparison:
    """Two ways to the same result, described in comparisons.toml."""

    kind: str
    path: str
    against: str
    limit: float
    name: str
    workload: Workload | None
    patch_size: int | str | None
    settings: dict

    def __str__(self):
        return f"{self.path}: {self.name}, against {self.against}"


def read_comparisons():
    """Yield all comparisons, in the order in which they are reported."""
    text = Path(__file__).with_name("comparisons.toml").read_text()
    for table in tomllib.loads(text)["comparisons"]:
        fields = {key: table.pop(key) for key in ("kind", "path", "against", "limit")}
        name, patch_size = table.pop("name", None), table.pop("patch_size", None)
        settings = {key: table.pop(key) for key in TAGGER_SETTINGS if key in table}
        sizes = tuple(table.pop("sizes", ()))
        if sizes:
            table |= dict(zip(("n_steps", "hidden_size", "batch_size"), sizes, strict=True))
            dropout = f", dropout {table['dropout']}" if "dropout" in table else ""
            name = f"{table['architecture']} {sizes}{dropout}"
        workload = Workload(**table) if table else None
        more = {"name": name, "workload": workload, "patch_size": patch_size}
        yield Comparison(**fields, **more, settings=settings)


def _prepare_fit(comparison):
    workload = comparison.workload
    X, y = workload.make_sequences()
    train = FITS[comparison.kind](workload)
    return lambda: workload.make_estimator().fit(X, y), train, prepare_kernels(workload)


def _prepare_augmentation(comparison):
    workload = comparison.workload
    X, y = workload.make_sequences()
    changed = workload.make_estimator(augmentation=[TimeWarp(), Scale(), Jitter()])
    plain = workload.make_estimator()
    return lambda: changed.fit(X, y), lambda: plain.fit(X, y)


def _prepare_loop(workload):
    data = workload.make_tensors()
    # Both start from the same weights: with torch's initial weights, gradients vanish
    # through long sequences into denormal numbers, which are slow to compute.
    weights = find_initial_weights(workload)

    def train():
        module = workload.make_module()
        module.load_state_dict(weights)
        train_bare(module, workload, data, 0)

    return train


def _prepare_prediction(comparison):
    n, architecture = comparison.workload.n_sequences, comparison.workload.architecture
    workload = Workload(architecture, n_sequences=max(n, 200), n_epochs=1)
    X, y = workload.make_sequences()
    estimator = workload.make_estimator().fit(X[:200], y[:200])
    module, x, X = workload.make_module(), workload.make_tensors()[0][:n], X[:n]
    repeats = max(1, CALLS // n)

    def ours():
        for _ in range(repeats):
            estimator.predict(X)

    def theirs():
        for _ in range(repeats):
            predict_bare(module, x)

    return ours, theirs, prepare_network(estimator, X, CALLS) if n == 1 else None


def _prepare_stream(comparison):
    workload = Workload(comparison.workload.architecture, n_sequences=200, n_epochs=1)
    X, y = workload.make_sequences()
    estimator = workload.make_estimator(pooling="last").fit(X, y)
    steps = X[0, np.arange(CALLS) % workload.n_steps]  # (CALLS, n_features)

    def ours():
        stream = estimator.stream()
        for x_t in steps:
            stream.predict(x_t)

    return ours, prepare_cell(workload, steps)


def _prepare_search(comparison):
    workload = Workload("GRU", 50, n_sequences=480, n_epochs=4)
    X, y = workload.make_sequences()
    sizes, rates = [16, 32, 64], [1e-2, 3e-3, 1e-3, 3e-4]
    ours, theirs = (
        GridSearchCV(model, {size: sizes, "lr": rates}, cv=3, n_jobs=2, refit=False)
        for model, size in (
            (workload.make_estimator(), "hidden_size"),
            (peers.make_skorch(workload), "module__hidden_size"),
        )
    )
    return lambda: ours.fit(X, y), lambda: theirs.fit(X, y)


def _prepare_forecaster(comparison):
    panel = peers.make_panel()
    ours = peers.make_forecaster(comparison.patch_size)
    theirs = partial(peers.train_peer, comparison.kind, panel)
    sizes, floor = peers.SETTINGS, None
    if comparison.patch_size == 1:  # the others read single steps
        shape = sizes["batch_size"], sizes["past_steps"], 1
        floor = prepare_lstm(shape, sizes["hidden_size"], sizes["n_updates"])
    return lambda: ours.fit(None, panel), theirs, floor


# Kind -> function that returns skseq's side, the other side and, for some, the lower bound.
# Each of these does the work once. If it returns a float, this is the seconds that count.
FITS = {"loop": _prepare_loop, "skorch": peers.prepare_skorch, "keras": peers.prepare_keras}
PREPARE = {
    **dict.fromkeys(FITS, _prepare_fit),
    "augmentation": _prepare_augmentation,
    "predict": _prepare_prediction,
    "stream": _prepare_stream,
    "search": _prepare_search,
    "darts": _prepare_forecaster,
    "neuralforecast": _prepare_forecaster,
    "update": prepare_updates,
    "tagger": prepare_tagger,
    "tagger, predict": prepare_tagger_prediction,
}

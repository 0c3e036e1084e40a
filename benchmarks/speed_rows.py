"""The comparisons: what is timed on our side, on the other one, and the ratio to reach."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import speed_peers as peers
import torch
from speed_checks import compare_training, find_first_weights
from speed_floors import prepare_kernels, prepare_lstm, prepare_network
from speed_loops import make_module, predict_bare, train_bare
from speed_workloads import Workload

ARCHITECTURES = ("RNN", "LSTM", "GRU", "Transformer")


@dataclass(frozen=True)
class Comparison:
    """Two ways to the same result.

    Attributes
    ----------
    path, name, against : str
        What is done, with what sizes, and who the other side is.
    limit : float
        The ratio ours / theirs to reach.
    prepare : callable
        Returns two functions, ours and theirs. Each does the work once; what it returns,
        if anything, is the seconds that count, else all of it counts.
    check : callable or None
        Returns by how much outputs of both sides differ after equal training.
    prepare_floor : callable or None
        Returns a function that does what no ratio can be below, or None.
    """

    path: str
    name: str
    against: str
    limit: float
    prepare: Callable
    check: Callable | None = None
    prepare_floor: Callable | None = None


def list_comparisons():
    """Return all comparisons, in the order in which they are reported."""
    return [
        *_list_fixed_fits(),
        *_list_ragged_fits(),
        *_list_peer_fits(),
        *_list_predictions(),
        _make_search(),
        *_list_forecasters(),
    ]


# (steps, hidden, batch): sequences and epochs of each, so that one takes about a second.
SIZES = {
    (100, 64, 32): {"n_sequences": 2000, "n_epochs": 3},
    (20, 32, 32): {"n_sequences": 4000, "n_epochs": 4},
    (200, 128, 128): {"n_sequences": 1024, "n_epochs": 1},
}
FIXED_LIMITS = {"LSTM": (1.05, 1.15, 1.02), "GRU": (0.60,) * 3, "RNN": (0.60,) * 3}
RAGGED_LIMITS = {"LSTM": 0.15, "GRU": 0.35, "RNN": 0.35, "Transformer": 0.5}


def _list_fixed_fits():
    for architecture, limits in FIXED_LIMITS.items():
        for (sizes, more), limit in zip(SIZES.items(), limits, strict=True):
            workload = Workload(architecture, *sizes, **more)
            yield _against_loop("fit, equal lengths", workload, limit, str(sizes))
    for dropout, more in ((0.0, ""), (0.1, ", dropout 0.1")):
        workload = Workload("Transformer", n_sequences=1000, n_epochs=2, dropout=dropout)
        yield _against_loop("fit, equal lengths", workload, 0.75, "(100, 64, 32)" + more)


def _list_ragged_fits():
    for architecture, limit in RAGGED_LIMITS.items():
        workload = Workload(architecture, 200, shortest=10, n_sequences=1000, n_epochs=2)
        yield _against_loop("fit, lengths 10-200", workload, limit, "(200, 64, 32)")


def _against_loop(path, workload, limit, sizes):
    def prepare():
        X, y = workload.make_sequences()
        data = workload.make_tensors()
        # Both start from the same weights: with those that torch's layers begin with,
        # gradients vanish through long sequences into numbers that are slow to compute.
        weights = find_first_weights(workload)

        def train():
            module = make_module(workload)
            module.load_state_dict(weights)
            train_bare(module, workload, data, 0)

        return lambda: _do(workload.make_estimator().fit, X, y), train

    how = "a padding mask" if workload.architecture == "Transformer" else "packing"
    against = "bare torch loop" + (f" with {how}" if workload.shortest else "")
    name = f"{workload.architecture} {sizes}"
    return Comparison(
        path,
        name,
        against,
        limit,
        prepare,
        # What is dropped is drawn by each side for itself.
        check=None if workload.dropout else lambda: compare_training(workload),
        prepare_floor=lambda: None if workload.dropout else prepare_kernels(workload),
    )


def _do(function, *arguments):
    """Call a function for its work alone."""
    function(*arguments)


def _list_peer_fits():
    for architecture in ARCHITECTURES:
        workload = Workload(architecture, n_sequences=1000, n_epochs=2)
        for against, limit, prepare in (
            ("skorch", 0.9, _prepare_skorch),
            ("Keras 3 on TensorFlow", 0.5, _prepare_keras),
        ):
            yield Comparison(
                "fit, equal lengths",
                f"{architecture} (100, 64, 32)",
                against,
                limit,
                lambda workload=workload, prepare=prepare: prepare(workload),
                prepare_floor=lambda workload=workload: prepare_kernels(workload),
            )


def _prepare_skorch(workload):
    X, y = workload.make_sequences()
    return (
        lambda: _do(workload.make_estimator().fit, X, y),
        lambda: _do(peers.make_skorch(workload).fit, X, y),
    )


def _prepare_keras(workload):
    X, y = workload.make_sequences()
    train = peers.train_keras(workload, X, y)
    return lambda: _do(workload.make_estimator().fit, X, y), lambda: _do(train)


def _list_predictions():
    for architecture in ARCHITECTURES:
        for n, limit in ((10_000, 1.05), (1, 1.5)):
            name = f"{architecture} (100, 64), {n:,} sequence{'s' if n > 1 else ''}"
            yield Comparison(
                "predict",
                name,
                "bare module under inference_mode",
                limit,
                lambda architecture=architecture, n=n: _prepare_prediction(architecture, n),
                prepare_floor=lambda architecture=architecture, n=n: (
                    _prepare_network(architecture) if n == 1 else None
                ),
            )


CALLS = 300  # one of a few milliseconds is too short for the clock


def _fit_some(architecture, n):
    workload = Workload(architecture, n_sequences=max(n, 200), n_epochs=1)
    X, y = workload.make_sequences()
    return workload, X[:n], workload.make_estimator().fit(X[:200], y[:200])


def _prepare_prediction(architecture, n):
    workload, X, estimator = _fit_some(architecture, n)
    module = make_module(workload)
    data = workload.make_tensors()[0][:n], None, None
    repeats = max(1, CALLS // n)

    def ours():
        for _ in range(repeats):
            estimator.predict(X)

    def theirs():
        for _ in range(repeats):
            predict_bare(module, data, 256)

    return ours, theirs


def _prepare_network(architecture):
    _, X, estimator = _fit_some(architecture, 1)
    return prepare_network(estimator, X, CALLS)


def _make_search():
    return Comparison(
        "GridSearchCV",
        "GRU, 12 candidates x 3 folds, n_jobs=2",
        "the same over skorch",
        0.6,
        _prepare_search,
    )


def _prepare_search():
    from sklearn.model_selection import GridSearchCV

    workload = Workload("GRU", 50, n_sequences=480, n_epochs=4)
    X, y = workload.make_sequences()
    sizes, rates = [16, 32, 64], [1e-2, 3e-3, 1e-3, 3e-4]
    common = {"cv": 3, "n_jobs": 2, "refit": False}
    ours = GridSearchCV(
        workload.make_estimator(), {"hidden_size": sizes, "lr": rates}, **common
    )
    theirs = GridSearchCV(
        peers.make_skorch(workload), {"module__hidden_size": sizes, "lr": rates}, **common
    )
    return lambda: _do(ours.fit, X, y), lambda: _do(theirs.fit, X, y)


def _list_forecasters():
    for against, train in (
        ("darts BlockRNNModel", peers.train_darts),
        ("neuralforecast LSTM", peers.train_neuralforecast),
    ):
        # As an estimator comes, its network reads patches; the others read single steps.
        for patch_size, more in ((1, ""), ("auto", ", our default patches")):
            yield Comparison(
                "fit of a forecaster",
                f"LSTM, 20 series of 500 steps, context 48, horizon 12, 400 updates{more}",
                against,
                0.75,
                lambda train=train, size=patch_size: _prepare_forecaster(train, size),
                prepare_floor=lambda size=patch_size: (
                    _prepare_forecaster_kernels() if size == 1 else None
                ),
            )


def _prepare_forecaster_kernels():
    sizes = peers.SETTINGS
    shape = sizes["batch_size"], sizes["past_steps"], 1
    return prepare_lstm(shape, sizes["hidden_size"], sizes["n_updates"])


def _prepare_forecaster(train, patch_size):
    panel = peers.make_panel()
    return (
        lambda: _do(peers.make_forecaster(patch_size).fit, None, panel),
        lambda: train(panel),
    )


# Growth: how time grows with the data. The slope of log time over log size.
GROWTH_LIMIT = 1.05
MOST_SEQUENCES = (1000, 3000, 10_000, 30_000, 100_000)
MOST_STEPS = (50, 160, 500, 1600, 5000)


def time_growth(say):
    """Return what is measured of fit's growth: rows of size and seconds."""
    torch.manual_seed(0)
    grown = []
    for n in MOST_SEQUENCES:
        workload = Workload("GRU", 20, 32, 64, n_sequences=n, n_epochs=1)
        grown.append(("sequences", "GRU", n, _time_fit(workload)))
    for architecture, n in itertools.product(("RNN", "LSTM", "GRU"), MOST_STEPS):
        workload = Workload(architecture, n, 32, 32, n_sequences=64, n_epochs=1)
        workload = replace(workload, n_epochs=max(1, 1000 // n))
        grown.append(("steps", architecture, n, _time_fit(workload) / workload.n_epochs))
        say(f"growth: {architecture}, {n} steps: {grown[-1][-1]:.3f} s an epoch")
    return grown


def _time_fit(workload):
    X, y = workload.make_sequences()
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        workload.make_estimator().fit(X, y)
        seconds.append(time.perf_counter() - start)
    return float(np.min(seconds))


def find_slopes(grown):
    """Return the slope of log time over log size: (what, architecture) -> slope."""
    slopes = {}
    for key in dict.fromkeys((what, architecture) for what, architecture, _, _ in grown):
        points = [(n, s) for what, name, n, s in grown if (what, name) == key]
        slopes[key] = float(np.polyfit(*np.log(np.array(points)).T, 1)[0])
    return slopes

"""One fit of the table: train on a problem's training part, measure its scores."""

import time

import numpy as np

from skseq.metrics import outlier_average_precision, outlier_roc_auc

from ..engine.rows import ARCHITECTURES
from .models import make_model
from .volumes import find_length, measure_volumes


def measure(row, model, seed, problems, max_epochs, settings):
    """Return score, seconds and size of a model, means over the problems of the row."""
    found = [_measure_problem(row, model, seed, part, max_epochs) for part in problems]
    record = {
        key: value if isinstance(value, str) else float(np.mean([p[key] for p in found]))
        for key, value in found[0].items()
    }
    record["n_train"] = sum(len(part.X_train) for part in problems)
    record["n_test"] = sum(len(part.X_test) for part in problems)
    by_name = {part.name: p["score"] for part, p in zip(problems, found, strict=True)}
    return record | {"problems": by_name}


def _measure_problem(row, model, seed, problem, max_epochs):
    detector = make_model(row, model, seed, max_epochs)
    start = time.perf_counter()
    detector.fit(problem.X_train)
    fitted = time.perf_counter()
    scores = np.asarray(detector.score_samples(problem.X_test))
    scored = time.perf_counter()
    record = {"fit_seconds": fitted - start, "score_seconds": scored - fitted}
    record["average_precision"] = outlier_average_precision(problem.is_outlier, scores)
    record["roc_auc"] = outlier_roc_auc(problem.is_outlier, scores)
    record["score"] = record["roc_auc"]
    if row.metric == "VUS-PR":
        length = find_length(problem.X_test[:, 0])
        volumes = measure_volumes(problem.is_outlier, -scores, length)
        record["score"], record["vus_roc"] = volumes
    if model in ARCHITECTURES:
        net = getattr(detector, "forecaster_", detector).net_
        record["n_parameters"] = sum(p.numel() for p in net.module_.parameters())
        record |= {"n_iter": detector.n_iter_, "device": str(net.device)}
    return record

"""One fit of the table: train on a row's training part, score on its test part."""

import time
from collections import Counter

import numpy as np
from sklearn.metrics import accuracy_score, r2_score

from .models import NETWORKS, make_model

# A word is rare if the training part has it at most this often.
RARE = 3


def measure(row, model, seed, problems, max_epochs, settings):
    """Return score, seconds and size of a model, means over the folds of the row."""
    found = [_measure_fold(row, model, seed, part, max_epochs) for part in problems]
    record = {key: _average([fold[key] for fold in found]) for key in found[0]}
    return record | {"folds": [fold["score"] for fold in found]}


def _average(values):
    return values[0] if isinstance(values[0], (str, int)) else float(np.mean(values))


def _measure_fold(row, model, seed, problem, max_epochs):
    estimator = make_model(row, model, seed, max_epochs)
    start = time.perf_counter()
    estimator.fit(problem.X_train, problem.y_train)
    fitted = time.perf_counter()
    predictions = estimator.predict(problem.X_test)
    predicted = time.perf_counter()
    record = {
        "score": score(row.metric, problem.y_test, predictions),
        "fit_seconds": fitted - start,
        "predict_seconds": predicted - fitted,
        "n_train": len(problem.X_train),
        "n_test": len(problem.X_test),
    }
    if row.task == "StepClassifier":
        record |= _measure_steps(problem, predictions)
    if model in NETWORKS:
        parameters = estimator.net_.module_.parameters()
        record["n_parameters"] = sum(p.numel() for p in parameters)
        record |= {"n_iter": estimator.n_iter_, "device": str(estimator.net_.device)}
    return record


def score(metric, y_true, y_pred):
    """Return a metric; of steps, it is over the steps of all sequences."""
    if metric == "entity F1":
        return score_entities(y_true, y_pred)
    if metric == "R2":
        return float(r2_score(y_true, y_pred))
    if np.ndim(y_true[0]):
        y_true, y_pred = np.concatenate(y_true), np.concatenate(list(y_pred))
    return float(accuracy_score(y_true, y_pred))


def score_entities(y_true, y_pred):
    """Return the F1 score of chunks as CoNLL-2000's evaluation computes it.

    A chunk is right if its start, its end and its type are.
    """
    n_right = n_chunks = 0
    for true, predicted in zip(y_true, y_pred, strict=True):
        true, predicted = find_chunks(true), find_chunks(predicted)
        n_right += len(true & predicted)
        n_chunks += len(true) + len(predicted)
    return 2 * n_right / max(n_chunks, 1)


def find_chunks(tags):
    """Return the chunks (start, end, type) of IOB2 tags.

    A chunk that starts with I- counts, as in CoNLL's evaluation.
    """
    chunks, start, inside = set(), 0, None
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, kind = str(tag).partition("-")
        if inside is not None and (prefix != "I" or kind != inside):
            chunks.add((start, i, inside))
            inside = None
        if prefix != "O" and inside is None:
            start, inside = i, kind
    return chunks


def _measure_steps(problem, predictions):
    """Return the number of steps; for words, the accuracy on rare and on unseen ones."""
    lengths = [len(labels) for labels in problem.y_train]
    record = {"n_train_steps": int(np.sum(lengths))}
    if not isinstance(problem.X_train[0], list):
        return record
    counts = Counter(word for words in problem.X_train for word in words)
    counts = np.array([counts[word] for words in problem.X_test for word in words])
    right = np.concatenate(problem.y_test) == np.concatenate(list(predictions))
    kinds = {"unseen": counts == 0, "rare": (counts > 0) & (counts <= RARE)}
    record |= {f"{name}_accuracy": float(right[k].mean()) for name, k in kinds.items()}
    return record | {"step_accuracy": float(right.mean())}

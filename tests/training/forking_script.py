"""Script of the tests of forked workers: each fits and predicts after the parent did so.

It prints "done" and the name of the way to fork.
"""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import torch
from joblib import Parallel, delayed, parallel_config

from skseq import GRUClassifier, TransformerClassifier

RANDOM = np.random.default_rng(0)
# Large enough for several threads.
X, Y = RANDOM.normal(size=(64, 40, 8)), np.arange(64) % 2
SMALL = {"max_epochs": 1, "random_state": 0, "stem": 0, "patch_size": 1}


def fit(cls):
    """Return the predictions of a new model, and the number of threads."""
    return cls(**SMALL).fit(X, Y).predict_proba(X), torch.get_num_threads()


def run_forked(way, classes):
    """Return the result of `fit` for each class, computed in forked processes."""
    context = multiprocessing.get_context("fork")
    if way == "executor":
        with ProcessPoolExecutor(2, mp_context=context) as executor:
            return list(executor.map(fit, classes))
    if way == "pool":
        with context.Pool(2) as pool:
            return pool.map(fit, classes)
    with parallel_config(backend="multiprocessing", n_jobs=2):
        return Parallel()(delayed(fit)(cls) for cls in classes)


if __name__ == "__main__":
    classes = [GRUClassifier, TransformerClassifier]
    torch.set_num_threads(2)
    expected = [fit(cls) for cls in classes]
    for (found, n), (other, _) in zip(
        run_forked(sys.argv[1], classes), expected, strict=True
    ):
        assert n == 1
        np.testing.assert_allclose(found, other, atol=1e-5)
    assert torch.get_num_threads() == 2
    print("done", sys.argv[1])

"""What the tests of checkpoints run and kill: a search in two workers.

It leaves its checkpoints in the folder that it is given, and dies in the middle.
"""

import os
import signal
import sys

import numpy as np
from sklearn.model_selection import GridSearchCV

from skseq import GRUClassifier
from skseq.model_selection.monitoring import SearchCallback


class Kill(SearchCallback):
    """Ends all processes of the search in the second epoch of some candidate."""

    def __init__(self, lr):
        self.lr = lr

    def on_fit_task_end(self, estimator, context):
        is_second = context.task_name == "epoch" and context.task_id == 1
        if is_second and estimator.lr == self.lr:
            os.killpg(os.getpgid(0), signal.SIGKILL)


def make_search(folder=None):
    """Return a search over four rates, in two workers, and X and y for it."""
    y = np.arange(24) % 3
    X = np.random.default_rng(0).normal(size=(24, 5, 2)) + y[:, None, None]
    small = {"hidden_size": 4, "max_epochs": 3, "batch_size": 8, "random_state": 0}
    model = GRUClassifier(**small, dropout=0.2, checkpoint=folder)
    grid = {"lr": [1e-3, 2e-3, 3e-3, 4e-3]}
    return GridSearchCV(model, grid, cv=2, n_jobs=2), X, y


if __name__ == "__main__":
    search, X, y = make_search(sys.argv[1])
    search.set_callbacks(Kill(lr=3e-3)).fit(X, y)

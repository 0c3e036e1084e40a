"""A search in two workers that kills itself halfway, for the checkpoint tests.

The script writes its checkpoints to the folder given as its argument.
"""

import os
import signal
import sys

import numpy as np
from sklearn.model_selection import GridSearchCV

from skseq import GRUClassifier
from skseq.model_selection.monitoring import SearchCallback


class KillProcesses(SearchCallback):
    """Kill all processes of the search in the second epoch of one candidate."""

    def __init__(self, lr):
        self.lr = lr

    def on_fit_task_end(self, estimator, context):
        is_second = context.task_name == "epoch" and context.task_id == 1
        if is_second and estimator.lr == self.lr:
            os.killpg(os.getpgid(0), signal.SIGKILL)


def make_search(folder=None):
    """Return a search over four learning rates in two workers, and its X and y."""
    y = np.arange(24) % 3
    X = np.random.default_rng(0).normal(size=(24, 5, 2)) + y[:, None, None]
    small = {"hidden_size": 4, "max_epochs": 3, "batch_size": 8, "random_state": 0}
    model = GRUClassifier(**small, dropout=0.2, checkpoint=folder)
    grid = {"lr": [1e-3, 2e-3, 3e-3, 4e-3]}
    return GridSearchCV(model, grid, cv=2, n_jobs=2), X, y


if __name__ == "__main__":
    search, X, y = make_search(sys.argv[1])
    search.set_callbacks(KillProcesses(lr=3e-3)).fit(X, y)

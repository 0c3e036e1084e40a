"""Stopping the hopeless candidates of a search, by the median rule."""

import functools
import json
import math
import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, validate_params

from skseq.model_selection.monitoring import (
    MONITOR_CONSTRAINT,
    SearchCallback,
    ids_of,
    path_of,
    read_monitor,
)

# What scikit-learn's searches call the tasks that fit.
CANDIDATE, REFIT = "candidate-split-evaluation", "refit-with-best-params"
ITERATION = "halving-iteration"


class MedianStopping(SearchCallback):
    """Stop candidates of a search that do worse than half of those before them.

    The median stopping rule of Google Vizier (Golovin et al., 2017,
    https://doi.org/10.1145/3097983.3098043): a fit is stopped after an epoch if the best
    loss that it has reached is above the median, over candidates whose fit on the same
    split has ended, of their mean loss up to the same epoch. It is a callback of
    scikit-learn: `search.set_callbacks(MedianStopping())`, before `search.fit`.

    Candidates that are not stopped get the scores that they would have got without it. A
    stopped one is scored as it then is: trained for too short, so that its score says
    less than the others' how good its parameters could be. `stopped_` tells which they
    are. The last fit, with the best parameters, is never stopped.

    Parameters
    ----------
    min_candidates : int, default=4
        A fit goes on until so many candidates have got as far on the same split.
    min_epochs : int, default=5
        Epochs that every fit is given. The learning rate rises over the first tenth of
        the training, and losses say little before.
    monitor : {"auto", "valid_loss", "valid_score", "train_loss"}, default="auto"
        What candidates are compared by. `"auto"` takes the loss of what early stopping
        holds out, or else that of the training part; by the latter, candidates that learn
        slowly because they are regularised look worse than they are. `"valid_loss"` and
        `"valid_score"` need something held out: `early_stopping=True`. Values that are
        NaN or infinite are left out; a fit that has no others is stopped, and the others are
        not compared with it.
    directory : str or path-like, default=None
        Where candidates leave their losses for each other. None takes a temporary folder
        of this machine: all workers of `n_jobs` see it. For workers on several machines
        give a folder that they share; who does not see it is never stopped.

    Attributes
    ----------
    stopped_ : DataFrame
        After the search, a row for each fit that was stopped: `iter` (of a halving search;
        otherwise 0), `candidate`, `split`, and `epochs`, how many it had run. Without
        halving `candidate` is the row in `cv_results_`.
    max_propagation_depth : None
        Estimators at any depth, such as the last step of a pipeline, are looked at.

    See Also
    --------
    sklearn.callback.ProgressBar : Show how far a search is, down to the epochs.

    Notes
    -----
    With `n_jobs` above 1 it depends on which candidates are done first who is stopped. It
    makes no sense to compare losses where the search compares different `loss` functions:
    set `monitor="valid_score"` there, and `early_stopping=True` in the estimator.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skseq import GRUClassifier
    >>> from skseq.datasets import load_japanese_vowels
    >>> from skseq.model_selection import MedianStopping
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> X, y = X[:60], y[:60]
    >>> model = GRUClassifier(hidden_size=8, max_epochs=3, random_state=0)
    >>> search = GridSearchCV(model, {"lr": [1e-2, 3e-3, 1e-5]}, cv=2)
    >>> stopper = MedianStopping(min_candidates=2, min_epochs=2)
    >>> search.set_callbacks(stopper).fit(X, y).best_params_
    {'lr': 0.01}
    >>> stopper.stopped_
       iter  candidate  split  epochs
    0     0          2      0       2
    1     0          2      1       2
    """

    @validate_params(
        {
            "min_candidates": [Interval(Integral, 1, None, closed="left")],
            "min_epochs": [Interval(Integral, 1, None, closed="left")],
            "monitor": MONITOR_CONSTRAINT,
            "directory": [str, os.PathLike, None],
        },
        prefer_skip_nested_validation=True,
    )
    def __init__(self, min_candidates=4, min_epochs=5, monitor="auto", directory=None):
        self.min_candidates = min_candidates
        self.min_epochs = min_epochs
        self.monitor = monitor
        self.directory = directory
        self._folders = {}  # of each search that goes on
        self._n_splits = {}
        self._curves = {}  # of each fit that goes on in this process

    def setup(self, estimator, context):
        """Make the folder of a search.

        Parameters
        ----------
        estimator : estimator
            The search.
        context : sklearn.callback.CallbackContext
            Its task.
        """
        if self.directory is not None:
            Path(self.directory).mkdir(parents=True, exist_ok=True)
        folder = tempfile.mkdtemp(prefix="skseq-search-", dir=self.directory)
        self._folders[context.root_uuid] = folder

    def teardown(self, estimator, context):
        """Collect what was stopped, and remove the folder.

        Parameters
        ----------
        estimator : estimator
            The search.
        context : sklearn.callback.CallbackContext
            Its task.
        """
        folder = Path(self._folders.pop(context.root_uuid))
        records = [_read_record(str(path)) for path in sorted(folder.glob("*/*.json"))]
        columns = ["iter", "candidate", "split", "epochs"]
        rows = [[r[name] for name in columns] for r in records if r["stopped"]]
        self.stopped_ = pd.DataFrame(sorted(rows), columns=columns, dtype=int)
        for of_searches in (self._n_splits, self._curves):
            for key in [key for key in of_searches if key[0] == context.root_uuid]:
                del of_searches[key]
        shutil.rmtree(folder, ignore_errors=True)

    def on_fit_task_begin(self, estimator, context):
        """Learn how many splits a search has.

        Parameters
        ----------
        estimator : estimator
            Who fits.
        context : sklearn.callback.CallbackContext
            The task that begins.
        """
        if hasattr(estimator, "n_splits_"):
            key = context.root_uuid, ids_of(path_of(context))
            self._n_splits[key] = estimator.n_splits_

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Compare an epoch with those of other candidates; keep a whole fit for them.

        Parameters
        ----------
        estimator : estimator
            Who fits.
        context : sklearn.callback.CallbackContext
            The task that ends.
        fitted_estimator : estimator, default=None
            The estimator as it is after this task.

        Returns
        -------
        bool
            Whether the fit is to stop.
        """
        is_epoch = context.task_name == "epoch"
        fit = self._find_fit(context.parent if is_epoch else context)
        if fit is None or context.root_uuid not in self._folders:
            return False
        folder = Path(self._folders[context.root_uuid])
        if not is_epoch:
            curve = self._curves.pop(fit, None)
            if curve is not None and folder.exists():
                _write_record(folder, fit, curve)
            return False
        known = len(self._curves[fit].values) if fit in self._curves else 0
        name, values = read_monitor(fitted_estimator, self.monitor, start=known)
        if name is None:
            return False
        curve = self._curves.setdefault(fit, Curve(name))
        curve.values += values
        curve.stopped = self._is_hopeless(curve, _folder_of(folder, fit, curve))
        return curve.stopped

    def _find_fit(self, context):
        """Return which candidate on which split a task fits; None if it is no candidate."""
        path = path_of(context)
        place = len(path) - 1
        while not _does(path[place], CANDIDATE):
            if place == 0 or _does(path[place], REFIT):
                return None
            place -= 1
        above, below = ids_of(path[:place]), ids_of(path[place + 1 :])
        n_splits = self._n_splits.get((context.root_uuid, above))
        if n_splits is None:
            return None
        candidate, split = divmod(path[place].task_id, n_splits)
        halving = place > 0 and _does(path[place - 1], ITERATION)
        iteration = above[-1] if halving else 0
        return Fit(context.root_uuid, above, below, iteration, candidate, split)

    def _is_hopeless(self, curve, folder):
        """Return whether a curve is worse than the median of those in a folder."""
        n_epochs = len(curve.values)
        if n_epochs < self.min_epochs:
            return False
        ended = [_read_record(str(path))["values"] for path in folder.glob("*.json")]
        known = [_finite(values[:n_epochs]) for values in ended if len(values) >= n_epochs]
        # Who never had a loss to compare with says nothing of the others.
        means = [np.mean(values) for values in known if values]
        if len(means) < self.min_candidates:
            return False
        best = min(_finite(curve.values), default=math.inf)
        return bool(best > np.median(means))


class Fit(NamedTuple):
    """Where a fit stands in a search."""

    search: object
    above: tuple
    below: tuple
    iteration: int
    candidate: int
    split: int


@dataclass
class Curve:
    """What a fit has reached, epoch by epoch."""

    monitor: str
    values: list = field(default_factory=list)
    stopped: bool = False


def _finite(values):
    return [value for value in values if math.isfinite(value)]


def _does(task, name):
    """Return whether a task is of a name, or was before an estimator made it its own."""
    return name in (task.task_name, task.source_task_name)


def _folder_of(folder, fit, curve):
    """Return the folder of all fits that are compared with a fit."""
    ids = "-".join(map(str, [*fit.above, "x", *fit.below, "x", fit.split]))
    return folder / f"{ids}-{curve.monitor}"


def _write_record(folder, fit, curve):
    """Keep a fit that has ended, in one step: others may be reading."""
    where = _folder_of(folder, fit, curve)
    where.mkdir(exist_ok=True)
    record = {
        "iter": fit.iteration,
        "candidate": fit.candidate,
        "split": fit.split,
        "epochs": len(curve.values),
        "values": curve.values,
        "stopped": curve.stopped,
    }
    path = where / f"{fit.candidate}.json"
    draft = path.with_suffix(f".{uuid.uuid4().hex}")
    draft.write_text(json.dumps(record))
    os.replace(draft, path)


@functools.lru_cache(maxsize=4096)
def _read_record(path):
    """Return a fit that has ended; it does not change any more."""
    return json.loads(Path(path).read_text())

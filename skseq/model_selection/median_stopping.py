"""Stop poor candidates of a search early, by the median stopping rule."""

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
    get_task_ids,
    get_task_path,
    read_monitor,
)

# Names of the tasks of scikit-learn's searches.
CANDIDATE, REFIT = "candidate-split-evaluation", "refit-with-best-params"
ITERATION = "halving-iteration"


class MedianStopping(SearchCallback):
    """Stop candidates of a search early that are worse than the median of the others.

    This is the median stopping rule of Google Vizier (Golovin et al., 2017,
    https://doi.org/10.1145/3097983.3098043). A fit is stopped after an epoch if its best
    loss so far is above the median of the mean losses up to the same epoch of other
    candidates, whose fit on the same split has ended. The class is a callback of
    scikit-learn: call `search.set_callbacks(MedianStopping())` before `search.fit`.

    A stopped candidate is scored after fewer epochs, so its score underestimates its
    parameters. Other candidates get the same scores as without the callback. The final fit
    with the best parameters is never stopped.

    Parameters
    ----------
    min_candidates : int, default=4
        Number of candidates to compare with. A fit is not stopped before the fits of this
        many others on the same split have ended after at least as many epochs.
    min_epochs : int, default=5
        Minimum number of epochs of each fit. The learning rate rises over the first tenth
        of the training, during which losses are not informative.
    monitor : {"auto", "valid_loss", "valid_score", "train_loss"}, default="auto"
        The quantity to compare. `"auto"` is the loss on the data that early stopping holds
        out or, if it holds none out, the training loss, which puts regularized candidates
        at a disadvantage, because they learn more slowly. `"valid_loss"` and
        `"valid_score"` need held-out data: set `early_stopping=True`. NaN and infinity are
        ignored. A fit without other values is stopped, and never compared with.
    directory : str or path-like, default=None
        Folder in which the fits share their losses; by default a temporary folder on this
        machine. Workers on several machines need a folder that they share. Fits without
        access to it are never stopped.

    Attributes
    ----------
    stopped_ : DataFrame
        After the search, one row per stopped fit: `iter` (of a halving search, otherwise
        0), `candidate`, `split`, and `epochs`, the number of its epochs. Without halving,
        `candidate` is the row in `cv_results_`.
    max_propagation_depth : None
        The callback reaches estimators at any depth, such as the last step of a pipeline.

    See Also
    --------
    sklearn.callback.ProgressBar : Show the progress of a search, down to the epochs.

    Notes
    -----
    With `n_jobs` above 1, the stopped fits depend on which fits end first. Losses are not
    comparable if the search varies `loss`: use `monitor="valid_score"` in this case.

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
        self._folders = {}  # of running searches, by the root of the search
        self._n_splits = {}  # of running searches, by the root and the ids of the search
        self._curves = {}  # of running fits in this process, by Fit

    def setup(self, estimator, context):
        """Create the folder of a search.

        Parameters
        ----------
        estimator, context : estimator, sklearn.callback.CallbackContext
            The search, and the context of its fit.
        """
        if self.directory is not None:
            Path(self.directory).mkdir(parents=True, exist_ok=True)
        folder = tempfile.mkdtemp(prefix="skseq-search-", dir=self.directory)
        self._folders[context.root_uuid] = folder

    def teardown(self, estimator, context):
        """Set `stopped_`, and remove the folder of a search.

        Parameters
        ----------
        estimator, context : estimator, sklearn.callback.CallbackContext
            The search, and the context of its fit.
        """
        folder = Path(self._folders.pop(context.root_uuid))
        records = [_read_record(str(path)) for path in sorted(folder.glob("*/*.json"))]
        columns = ["iter", "candidate", "split", "epochs"]
        rows = [record["row"] for record in records if record["stopped"]]
        self.stopped_ = pd.DataFrame(sorted(rows), columns=columns, dtype=int)
        for cache in (self._n_splits, self._curves):
            for key in [key for key in cache if key[0] == context.root_uuid]:
                del cache[key]
        shutil.rmtree(folder, ignore_errors=True)

    def on_fit_task_begin(self, estimator, context):
        """Store the number of splits of a search.

        Parameters
        ----------
        estimator, context : estimator, sklearn.callback.CallbackContext
            The estimator that is being fitted, and the context of the task that begins.
        """
        if hasattr(estimator, "n_splits_"):
            key = context.root_uuid, get_task_ids(get_task_path(context))
            self._n_splits[key] = estimator.n_splits_

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Compare a fit with others after an epoch; share its losses when it has ended.

        Parameters
        ----------
        estimator, context : estimator, sklearn.callback.CallbackContext
            The estimator that is being fitted, and the context of the task that ends.
        fitted_estimator : estimator, default=None
            The estimator with the fitted attributes at the end of this task.

        Returns
        -------
        bool
            Whether to stop the fit.
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
        n_known = len(self._curves[fit].values) if fit in self._curves else 0
        name, values = read_monitor(fitted_estimator, self.monitor, start=n_known)
        if name is None:
            return False
        curve = self._curves.setdefault(fit, Curve(name))
        curve.values += values
        curve.stopped = self._is_worse_than_median(curve, _get_folder(folder, fit, curve))
        return curve.stopped

    def _find_fit(self, context):
        """Return the candidate and the split of a task; None outside of candidates."""
        path = get_task_path(context)
        depth = len(path) - 1
        while not _has_name(path[depth], CANDIDATE):
            if depth == 0 or _has_name(path[depth], REFIT):
                return None
            depth -= 1
        above, below = get_task_ids(path[:depth]), get_task_ids(path[depth + 1 :])
        n_splits = self._n_splits.get((context.root_uuid, above))
        if n_splits is None:
            return None
        candidate, split = divmod(path[depth].task_id, n_splits)
        is_halving = depth > 0 and _has_name(path[depth - 1], ITERATION)
        iteration = above[-1] if is_halving else 0
        return Fit(context.root_uuid, above, below, iteration, candidate, split)

    def _is_worse_than_median(self, curve, folder):
        """Compare a loss curve with those of the fits in a folder, which have ended."""
        n_epochs = len(curve.values)
        if n_epochs < self.min_epochs:
            return False
        ended = [_read_record(str(path))["values"] for path in folder.glob("*.json")]
        known = [_finite(values[:n_epochs]) for values in ended if len(values) >= n_epochs]
        means = [np.mean(values) for values in known if values]
        best = min(_finite(curve.values), default=math.inf)
        return len(means) >= self.min_candidates and bool(best > np.median(means))


class Fit(NamedTuple):
    """Identification of a fit of a candidate on a split."""

    root_uuid: object
    above: tuple  # ids of the tasks around the candidate
    below: tuple  # ids of the tasks within the candidate
    iteration: int
    candidate: int
    split: int


@dataclass
class Curve:
    """The monitored values of a fit by epoch."""

    monitor: str
    values: list = field(default_factory=list)
    stopped: bool = False


def _finite(values):
    return [value for value in values if math.isfinite(value)]


def _has_name(context, name):
    """Return whether a task, or the task of the outer estimator it replaced, has a name."""
    return name in (context.task_name, context.source_task_name)


def _get_folder(folder, fit, curve):
    """Return the folder of the fits that a fit is compared with."""
    ids = "-".join(map(str, [*fit.above, "x", *fit.below, "x", fit.split]))
    return folder / f"{ids}-{curve.monitor}"


def _write_record(folder, fit, curve):
    """Write the record of a fit that has ended, atomically, as others may be reading."""
    folder = _get_folder(folder, fit, curve)
    folder.mkdir(exist_ok=True)
    row = [fit.iteration, fit.candidate, fit.split, len(curve.values)]  # of `stopped_`
    record = {"row": row, "values": curve.values, "stopped": curve.stopped}
    path = folder / f"{fit.candidate}.json"
    draft = path.with_suffix(f".{uuid.uuid4().hex}")
    draft.write_text(json.dumps(record))
    os.replace(draft, path)


@functools.lru_cache(maxsize=4096)
def _read_record(path):
    """Read the record of a fit that has ended. Records never change, so they are cached."""
    return json.loads(Path(path).read_text())

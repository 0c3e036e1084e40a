"""Letting Optuna prune a trial in the middle of training."""

from sklearn.utils._param_validation import HasMethods, validate_params

from skseq.extras import import_extra
from skseq.model_selection.monitoring import (
    MONITOR_CONSTRAINT,
    SearchCallback,
    ids_of,
    path_of,
    read_monitor,
)


class OptunaPruning(SearchCallback):
    """Report each epoch of a fit to a trial of Optuna, and end it when it is to be pruned.

    A callback of scikit-learn: `model.set_callbacks(OptunaPruning(trial))`, on an estimator
    of skseq or on a Pipeline that ends in one. Pruning raises `optuna.TrialPruned` out of
    `fit`, which `study.optimize` expects; the estimator is then as it was before, so that
    one that was not fitted is still not fitted. A fit that is not pruned is as it would
    have been.

    Parameters
    ----------
    trial : optuna.trial.Trial
        The trial.
    monitor : {"auto", "valid_loss", "valid_score", "train_loss"}, default="auto"
        What is reported. `"auto"` takes the loss of what early stopping holds out, or else
        that of the training part; `"valid_loss"` and `"valid_score"` need something held
        out: `early_stopping=True`. In a study that maximises, losses are reported with
        their sign turned, so that more is better there too.

    Attributes
    ----------
    max_propagation_depth : None
        Estimators at any depth, such as the last step of a pipeline, are looked at.

    See Also
    --------
    default_search_space : What to search; `SearchSpace.suggest` asks a trial.
    MedianStopping : Stop hopeless candidates of scikit-learn's searches.

    Notes
    -----
    Only the first fit of a trial reports: under cross-validation, and in a search, the
    first split decides about pruning. Give `cross_val_score` and searches
    `error_score="raise"` there; otherwise they take the pruning for a failure and its score
    for NaN. A trial without a study, such as `optuna.trial.FixedTrial`, is never pruned.

    Examples
    --------
    >>> import optuna
    >>> from sklearn.model_selection import train_test_split
    >>> from skseq import GRUClassifier
    >>> from skseq.datasets import load_japanese_vowels
    >>> from skseq.model_selection import OptunaPruning, default_search_space
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X[:60], y[:60], random_state=0)
    >>> def objective(trial):
    ...     model = GRUClassifier(max_epochs=2, random_state=0)
    ...     model.set_params(**default_search_space(model).suggest(trial))
    ...     model.set_callbacks(OptunaPruning(trial))
    ...     return model.fit(X, y).score(X_test, y_test)
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> sampler = optuna.samplers.TPESampler(seed=0)
    >>> study = optuna.create_study(direction="maximize", sampler=sampler)
    >>> study.optimize(objective, n_trials=2)
    >>> len(study.trials[0].intermediate_values)
    2
    """

    @validate_params(
        {
            "trial": [HasMethods(["report", "should_prune"])],
            "monitor": MONITOR_CONSTRAINT,
        },
        prefer_skip_nested_validation=True,
    )
    def __init__(self, trial, monitor="auto"):
        self.trial = trial
        self.monitor = monitor
        self._fit = None  # where the one fit that reports stands
        self._n_reported = 0

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Report an epoch.

        Parameters
        ----------
        estimator : estimator
            Who fits.
        context : sklearn.callback.CallbackContext
            The task that ends.
        fitted_estimator : estimator, default=None
            The estimator as it is after this task.

        Raises
        ------
        optuna.TrialPruned
            If the pruner of the study says so.
        """
        if context.task_name != "epoch":
            return
        name, values = read_monitor(fitted_estimator, self.monitor, start=self._n_reported)
        fit = context.root_uuid, ids_of(path_of(context)[:-1])
        if name is None or (self._fit or fit) != fit:
            return
        self._fit = fit
        optuna = import_extra("optuna", "optuna", "OptunaPruning")
        study = getattr(self.trial, "study", None)  # a FixedTrial is of no study
        maximise = optuna.study.StudyDirection.MAXIMIZE
        maximised = study is not None and study.direction == maximise
        for value in values:  # less is better
            self.trial.report(-value if maximised else value, step=self._n_reported)
            self._n_reported += 1
        if self.trial.should_prune():
            raise optuna.TrialPruned(
                f"pruned after epoch {self._n_reported} at {name} "
                f"{float(fitted_estimator.net_.history[-1][name]):.4g}"
            )

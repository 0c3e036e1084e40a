"""Prune trials of Optuna during training."""

from sklearn.utils._param_validation import HasMethods, validate_params

from skseq.extras import import_extra
from skseq.model_selection.monitoring import (
    MONITOR_CONSTRAINT,
    SearchCallback,
    get_task_ids,
    get_task_path,
    read_monitor,
)


class OptunaPruning(SearchCallback):
    """Report each epoch of a fit to a trial of Optuna, and stop the fit if it is pruned.

    It is a callback of scikit-learn for an estimator of skseq, or for a Pipeline that ends
    in one: `model.set_callbacks(OptunaPruning(trial))`. Pruning raises `optuna.TrialPruned`
    in `fit`, which `study.optimize` expects, and leaves the estimator unchanged. A fit that
    is not pruned is the same as without the callback.

    Parameters
    ----------
    trial : optuna.trial.Trial
        The trial.
    monitor : {"auto", "valid_loss", "valid_score", "train_loss"}, default="auto"
        The quantity to report, as for :class:`MedianStopping`. The sign of losses changes
        in a study that maximizes, and the sign of scores in a study that minimizes.

    Attributes
    ----------
    max_propagation_depth : None
        The callback reaches estimators at any depth, such as the last step of a pipeline.

    See Also
    --------
    default_search_space : Get a search space; `SearchSpace.suggest` uses a trial.
    MedianStopping : Stop poor candidates of scikit-learn's searches early.

    Notes
    -----
    Only the first fit of a trial reports. In cross-validation and in a search, the first
    split therefore decides. Set `error_score="raise"` there; otherwise pruning counts as a
    failed fit with the score NaN. `optuna.trial.FixedTrial` is never pruned.

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
        {"trial": [HasMethods(["report", "should_prune"])], "monitor": MONITOR_CONSTRAINT},
        prefer_skip_nested_validation=True,
    )
    def __init__(self, trial, monitor="auto"):
        self.trial = trial
        self.monitor = monitor
        self._fit = None  # the task of the first fit, which alone reports
        self._n_reported = 0

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Report an epoch.

        Parameters
        ----------
        estimator, context : estimator, sklearn.callback.CallbackContext
            The estimator that is being fitted, and the context of the task that ends.
        fitted_estimator : estimator, default=None
            The estimator with the fitted attributes at the end of this task.

        Raises
        ------
        optuna.TrialPruned
            If the pruner of the study prunes the trial.
        """
        if context.task_name != "epoch":
            return
        name, values = read_monitor(fitted_estimator, self.monitor, start=self._n_reported)
        fit = context.root_uuid, get_task_ids(get_task_path(context)[:-1])
        if name is None or (self._fit or fit) != fit:
            return
        self._fit = fit
        optuna = import_extra("optuna", "optuna", "OptunaPruning")
        study = getattr(self.trial, "study", None)  # a FixedTrial has no study
        maximize = optuna.study.StudyDirection.MAXIMIZE
        sign = -1 if study is not None and study.direction == maximize else 1
        for value in values:  # lower is better
            self.trial.report(sign * value, step=self._n_reported)
            self._n_reported += 1
        if self.trial.should_prune():
            value = float(fitted_estimator.net_.history[-1][name])
            raise optuna.TrialPruned(
                f"pruned after epoch {self._n_reported} at {name} {value:.4g}"
            )

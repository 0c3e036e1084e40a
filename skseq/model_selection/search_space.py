"""What to search of an estimator, for scikit-learn's searches and for Optuna."""

import inspect

from scipy.stats import loguniform, uniform
from sklearn.pipeline import Pipeline

from skseq.extras import import_extra
from skseq.quoting import quote

# What tells a network of skseq from other estimators.
MARKS = {"hidden_size", "num_layers", "dropout", "lr", "weight_decay"}


class SearchSpace(dict):
    """Parameters and where to look for them: a dict of names.

    A value is a list of choices or a distribution of scipy, as in
    :class:`sklearn.model_selection.RandomizedSearchCV`, which takes the dict as it is.
    Change it like any dict: a copy, and what `|` returns, is a space again.

    See Also
    --------
    default_search_space : Return the space of an estimator.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from skseq.model_selection import SearchSpace
    >>> space = SearchSpace(lr=loguniform(1e-4, 1e-2), num_layers=[1, 2])
    >>> import optuna
    >>> trial = optuna.trial.FixedTrial({"lr": 3e-3, "num_layers": 2})
    >>> space.suggest(trial)
    {'lr': 0.003, 'num_layers': 2}
    >>> space.to_optuna()["lr"]
    FloatDistribution(high=0.01, log=True, low=0.0001, step=None)
    >>> other = space.copy() | {"num_layers": [3]}
    >>> other.suggest(optuna.trial.FixedTrial({"lr": 3e-3, "num_layers": 3}))
    {'lr': 0.003, 'num_layers': 3}
    """

    def copy(self):
        """Return a copy.

        Returns
        -------
        SearchSpace
            With the same lists and distributions.
        """
        return type(self)(self)

    def __or__(self, other):
        """Return this space with the entries of another one."""
        return self._as_space(super().__or__(other))

    def __ror__(self, other):
        """Return another dict with the entries of this space."""
        return self._as_space(super().__ror__(other))

    def _as_space(self, merged):
        return merged if merged is NotImplemented else type(self)(merged)

    def to_optuna(self):
        """Return the same space for `optuna.Study.ask`.

        Returns
        -------
        dict of str to optuna.distributions.BaseDistribution
            Lists become categories, `loguniform`, `uniform` and `randint` ranges.

        Raises
        ------
        ImportError
            If Optuna is not installed.
        TypeError
            If a value is neither a list nor one of these distributions.
        """
        optuna = import_extra("optuna", "optuna", "SearchSpace.to_optuna")
        kinds = optuna.distributions
        return {name: _to_optuna(name, value, kinds) for name, value in self.items()}

    def suggest(self, trial):
        """Let a trial of Optuna choose parameters.

        Parameters
        ----------
        trial : optuna.trial.Trial
            The trial.

        Returns
        -------
        dict
            A value for each name, for `set_params`.

        Raises
        ------
        ImportError
            If Optuna is not installed.
        TypeError
            As in `to_optuna`.
        """
        return {name: _suggest(trial, name, d) for name, d in self.to_optuna().items()}


def default_search_space(estimator):
    """Return what is worth searching of an estimator, and where.

    Rates and decays are searched between a tenth and ten times the default of the class,
    on a logarithmic scale. `max_epochs` is left out: more are hardly ever worse under
    early stopping, and the learning rate follows them. `patch_size` leaves out 1, which is
    slow on long sequences; add it where single steps count.

    Parameters
    ----------
    estimator : estimator or Pipeline
        A classifier, regressor or forecaster of skseq with a network, or one of your own
        architecture; or a Pipeline that ends in one: its names are then those of the
        pipeline, such as `"gruclassifier__lr"`.

    Returns
    -------
    SearchSpace
        A dict: lists and distributions by name.

    Raises
    ------
    TypeError
        If the estimator is something else.

    See Also
    --------
    sklearn.model_selection.RandomizedSearchCV : Draws candidates from it.

    Examples
    --------
    >>> from skseq import GRUClassifier
    >>> from skseq.model_selection import default_search_space
    >>> space = default_search_space(GRUClassifier())
    >>> space["hidden_size"], sorted(space)[:3]
    ([32, 64, 128], ['bidirectional', 'dropout', 'hidden_size'])
    """
    inner, prefix = estimator, ""
    while isinstance(inner, Pipeline):
        name, inner = inner.steps[-1]
        prefix += f"{name}__"
    is_estimator = hasattr(inner, "get_params") and not isinstance(inner, type)
    names = set(inner.get_params(deep=False)) if is_estimator else set()
    if not names >= MARKS:
        raise TypeError(
            "default_search_space knows the classifiers, regressors and forecasters of skseq "
            "that have a network, and a Pipeline that ends in one. Got "
            f"{estimator!r} instead."
        )
    space = _describe_forecaster(inner) if "horizon" in names else _describe_reader()
    space |= _describe_network(type(inner))
    return SearchSpace({prefix + n: v for n, v in sorted(space.items()) if n in names})


def _describe_network(cls):
    """Return what all networks share; `num_heads` only a Transformer has."""
    defaults = {n: p.default for n, p in inspect.signature(cls).parameters.items()}
    # One grid for all: every size is a multiple of twice every number of heads.
    space = {
        "hidden_size": [32, 64, 128],
        "num_layers": [1, 2],
        "num_heads": [2, 4, 8],
        "dropout": uniform(0, 0.4),
        "patch_size": ["auto", 2, 4, 8],
    }
    for name in ("lr", "weight_decay"):
        if defaults[name] > 0:
            space[name] = loguniform(defaults[name] / 10, defaults[name] * 10)
    return space


def _describe_reader():
    """Return how classifiers and regressors may read a sequence."""
    return {
        "stem": [0, 3],
        "pooling": ["mean", "last", "attention", "concat"],
        "bidirectional": [True, False],
    }


def _describe_forecaster(estimator):
    """Return how forecasters may read a window."""
    # Differences of a season exist only where a period was declared.
    seasonal = [] if estimator.period is None else ["seasonal"]
    return {
        "differencing": [None, "first", *seasonal],
        "normalization": ["last", "mean"],
        "unit": ["window", "series"],
    }


def _to_optuna(name, value, kinds):
    """Return one list or distribution as a distribution of Optuna."""
    if isinstance(value, (list, tuple)):
        return kinds.CategoricalDistribution(list(value))
    kind = getattr(getattr(value, "dist", None), "name", None)
    if kind in ("loguniform", "reciprocal", "uniform", "randint"):
        low, high = value.support()
        if kind == "randint":
            return kinds.IntDistribution(int(low), int(high))
        return kinds.FloatDistribution(float(low), float(high), log=kind != "uniform")
    raise TypeError(
        f"{name}={quote(value)} has no counterpart in Optuna: give a list, or loguniform, "
        "uniform or randint of scipy.stats."
    )


def _suggest(trial, name, distribution):
    """Return what a trial suggests for one distribution of Optuna."""
    if hasattr(distribution, "choices"):
        return trial.suggest_categorical(name, distribution.choices)
    low, high = distribution.low, distribution.high
    if isinstance(low, int):
        return trial.suggest_int(name, low, high)
    return trial.suggest_float(name, low, high, log=distribution.log)

"""Search spaces of hyperparameters for scikit-learn's searches and for Optuna."""

import inspect

from scipy.stats import loguniform, uniform
from sklearn.pipeline import Pipeline

from skseq.extras import import_extra
from skseq.quoting import quote

# Parameters that all networks of skseq have.
NETWORK_PARAMETERS = {"hidden_size", "dropout", "lr", "weight_decay"}
# Parameters that change what a custom network reads.
INPUT_LAYER_PARAMETERS = {"hidden_size", "patch_size", "stem"}


class SearchSpace(dict):
    """A dict of parameter names and the values to search.

    A value is a list of choices or a distribution of scipy, as in
    :class:`sklearn.model_selection.RandomizedSearchCV`, which accepts a SearchSpace. A copy
    and the result of `|` are a SearchSpace too.

    See Also
    --------
    default_search_space : Get the default search space of an estimator.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from skseq.model_selection import SearchSpace
    >>> space = SearchSpace(lr=loguniform(1e-4, 1e-2), num_layers=[1, 2])
    >>> space
    SearchSpace({'lr': loguniform(0.0001, 0.01), 'num_layers': [1, 2]})
    >>> import optuna
    >>> trial = optuna.trial.FixedTrial({"lr": 3e-3, "num_layers": 2})
    >>> space.suggest(trial)
    {'lr': 0.003, 'num_layers': 2}
    >>> space.to_optuna()["lr"]
    FloatDistribution(high=0.01, log=True, low=0.0001, step=None)
    >>> (space.copy() | {"num_layers": [3]})["num_layers"]
    [3]
    """

    def __repr__(self):
        """Return the values by name, with distributions as they are created."""
        items = (f"{name!r}: {_describe(value)}" for name, value in self.items())
        return f"{type(self).__name__}({{{', '.join(items)}}})"

    def copy(self):
        """Return a shallow copy.

        Returns
        -------
        SearchSpace
            A copy with the same lists and distributions.
        """
        return type(self)(self)

    def __or__(self, other):
        """Return this space updated with another dict."""
        return self._as_space(super().__or__(other))

    def __ror__(self, other):
        """Return another dict updated with this space, as a SearchSpace."""
        return self._as_space(super().__ror__(other))

    def _as_space(self, merged):
        return merged if merged is NotImplemented else type(self)(merged)

    def to_optuna(self):
        """Convert the space to distributions of Optuna, for `optuna.Study.ask`.

        Returns
        -------
        dict of str to optuna.distributions.BaseDistribution
            Categories for lists, and ranges for `loguniform`, `uniform` and `randint`.

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
        """Get the parameters that a trial of Optuna suggests.

        Parameters
        ----------
        trial : optuna.trial.Trial
            The trial.

        Returns
        -------
        dict
            One value per name, for `set_params`.

        Raises
        ------
        ImportError, TypeError
            Under the same conditions as :meth:`to_optuna`.
        """
        return {name: _suggest(trial, name, d) for name, d in self.to_optuna().items()}


def default_search_space(estimator):
    """Get the default search space of an estimator.

    The learning rate and the weight decay range from a tenth to ten times their default (for
    numeric X), on a logarithmic scale. A weight decay that is 0 by default is not searched. Neither is
    `max_epochs`: with early stopping, more epochs are hardly ever worse. `patch_size`
    excludes 1, which is slow on long sequences; add it if single steps matter. Add the
    parameters of your own network as `network__width`.

    Parameters
    ----------
    estimator : estimator or Pipeline
        A classifier, regressor, forecaster or detector with a built-in or custom network,
        or a Pipeline that ends in one, which adds a prefix, as in `"gruclassifier__lr"`.

    Returns
    -------
    SearchSpace
        A dict of lists and distributions by parameter name.

    Raises
    ------
    TypeError
        If the estimator is not one of these.

    See Also
    --------
    sklearn.model_selection.RandomizedSearchCV : Search random candidates of the space.

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
    if not names >= NETWORK_PARAMETERS:
        raise TypeError(
            "default_search_space needs a classifier, regressor, forecaster or detector of "
            f"skseq with a network, or a Pipeline that ends in one. Got {estimator!r} instead."
        )
    if "network" in names:
        names -= INPUT_LAYER_PARAMETERS
    space = _get_space(inner, names)
    return SearchSpace({prefix + n: v for n, v in sorted(space.items()) if n in names})


def _get_space(estimator, names):
    """Return the values to search by name, also of parameters the estimator may lack."""
    parameters = inspect.signature(type(estimator)).parameters
    # All sizes are valid with all numbers of heads: multiples of twice that number.
    space = {
        "hidden_size": [32, 64, 128],
        "num_layers": [1, 2],
        "num_heads": [2, 4, 8],
        "dropout": uniform(0, 0.4),
        "patch_size": ["auto", 2, 4, 8],
    }
    for name in ("lr", "weight_decay"):
        default = parameters[name].default
        if default == "auto":
            default = estimator._auto_values[name][0]  # for numeric X
        if default > 0:
            space[name] = loguniform(default / 10, default * 10)
    if "contamination" in names:
        if "horizon" not in names:  # each step must be a token
            del space["patch_size"]
        return space
    if "horizon" not in names:
        return space | {
            "stem": [0, 1, 3],
            "pooling": ["mean", "last", "attention", "concat"],
            "bidirectional": [True, False],
        }
    # Seasonal differencing needs a period.
    seasonal = [] if estimator.period is None else ["seasonal"]
    return space | {
        "differencing": [None, "first", *seasonal],
        "normalization": ["last", "mean"],
        "unit": ["window", "series"],
    }


def _describe(value):
    """Return the code that creates a list or a distribution of scipy."""
    kind = getattr(getattr(value, "dist", None), "name", None)
    if kind is None:
        return repr(value)
    arguments = [f"{argument:g}" for argument in value.args]
    arguments += [f"{name}={argument:g}" for name, argument in value.kwds.items()]
    kind = "loguniform" if kind == "reciprocal" else kind
    return f"{kind}({', '.join(arguments)})"


def _to_optuna(name, value, kinds):
    """Convert a list or a distribution of scipy to a distribution of Optuna."""
    if isinstance(value, (list, tuple)):
        return kinds.CategoricalDistribution(list(value))
    kind = getattr(getattr(value, "dist", None), "name", None)
    if kind in ("loguniform", "reciprocal", "uniform", "randint"):
        low, high = value.support()
        if kind == "randint":
            return kinds.IntDistribution(int(low), int(high))
        return kinds.FloatDistribution(float(low), float(high), log=kind != "uniform")
    raise TypeError(
        f"{name}={quote(value)} cannot be converted to Optuna. Use a list, or loguniform, "
        "uniform or randint of scipy.stats."
    )


def _suggest(trial, name, distribution):
    """Return the value that a trial suggests for a distribution of Optuna."""
    if hasattr(distribution, "choices"):
        return trial.suggest_categorical(name, distribution.choices)
    low, high = distribution.low, distribution.high
    if isinstance(low, int):
        return trial.suggest_int(name, low, high)
    return trial.suggest_float(name, low, high, log=distribution.log)

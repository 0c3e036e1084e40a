"""Any scikit-learn transformer, applied to the steps of sequences."""

import copy

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import (
    _check_feature_names_in,
    check_consistent_length,
    check_is_fitted,
)

from skseq.preprocessing.seen_features import SeenFeatures
from skseq.preprocessing.steps import (
    check_rows,
    repeat,
    repeat_weight,
    restore,
    stack_steps,
)
from skseq.reporting import reported


def _transformer_has(method):
    """Return a check of whether the fitted, or else the given, transformer has it."""

    def check(self):
        # getattr, not hasattr: its error says what is missing.
        getattr(getattr(self, "transformer_", self.transformer), method)
        return True

    return check


class PerStep(
    SeenFeatures,
    TransformerMixin,
    CallbackSupportMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,  # type: ignore[call-arg]
):
    """Apply a scikit-learn transformer to the steps of sequences.

    The steps of all sequences, stacked as rows `(n_steps_total, n_features)`, are
    what the transformer is fitted on and applied to. No padding is among them, so a
    long sequence counts for more than a short one, by its number of steps. Afterwards
    every sequence has as many steps as before:

    ==================================  ==========================================
    X                                   `transform` returns
    ==================================  ==========================================
    3-D array                           3-D array `(n_sequences, n_timesteps,
                                        n_features_out)`
    2-D numbers, one feature per step   2-D array if the transformer gives one
                                        feature, otherwise a 3-D array
    list of arrays                      list of arrays `(n_timesteps_i,
                                        n_features_out)`
    :class:`skseq.Sequences`            :class:`skseq.Sequences` with the same ids
    DataFrame or Series of arrays       :class:`skseq.Sequences`
    ==================================  ==========================================

    Parameters
    ----------
    transformer : estimator
        Any transformer that gives one row for each row: a scaler, an imputer, a
        decomposition, a Pipeline, a FeatureUnion or a ColumnTransformer. Missing values
        are handed to it; infinite values are refused before. Where features have names, as
        in :class:`skseq.Sequences` with `feature_names` or in a list of DataFrames, it is
        given a pandas DataFrame, so that a ColumnTransformer can choose columns by name.

    Attributes
    ----------
    transformer_ : estimator
        The fitted clone of `transformer`.
    n_features_in_ : int
        Number of features of a step; for 2-D X number of columns (steps).
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features (for 2-D X of the columns), if X had them.
    table_input_ : bool
        Whether X was a 2-D table of numbers in `fit`.

    See Also
    --------
    sklearn.compose.ColumnTransformer : Treat some features in another way; goes inside.
    sklearn.pipeline.FeatureUnion : Put features side by side; goes inside.

    Notes
    -----
    Unions go inside, `PerStep(FeatureUnion([...]))`. Outside, scikit-learn joins arrays
    along their second axis, which is time for 3-D arrays.

    Steps of one sequence are not independent: the p-values of `SelectKBest`, say, are
    too good.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skseq.preprocessing import PerStep
    >>> X = [np.array([[1.0], [2.0], [3.0]]), np.array([[6.0]])]
    >>> scaler = PerStep(StandardScaler())
    >>> scaled = scaler.fit_transform(X)
    >>> [steps.ravel().round(2).tolist() for steps in scaled]
    [[-1.07, -0.53, 0.0], [1.6]]
    >>> [steps.ravel().tolist() for steps in scaler.inverse_transform(scaled)]
    [[1.0, 2.0, 3.0], [6.0]]
    >>> len(scaler.fit(X).transform(X)), scaler.get_feature_names_out().tolist()
    (2, ['x0'])
    >>> scaler.partial_fit(X)
    PerStep(transformer=StandardScaler())
    """

    _parameter_constraints = {"transformer": [HasMethods(["fit", "transform"])]}

    def __init__(self, transformer):
        self.transformer = transformer

    @reported
    def fit(self, X, y=None, **fit_params):
        """Fit the transformer on all steps of all sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, in any form of the table above.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
            Targets of the sequences. The transformer is given one for each step: that
            of its sequence.
        **fit_params : dict
            Handed on to the `fit` of the transformer; with metadata routing enabled,
            what it asked for. `sample_weight`, one for each sequence, becomes the
            weight of each of its steps; anything else is handed on as it is.

        Returns
        -------
        PerStep
            The fitted meta-transformer itself.

        Raises
        ------
        ValueError
            If X, y or weights do not fit. The estimator is then as it was before.
        """
        self._validate_params()
        sequences, form = self._read(X)
        inner = clone(self.transformer)
        self._fit_inner(inner, "fit", sequences, y, fit_params)
        self._keep(inner, X, sequences, form)
        return self

    @available_if(_transformer_has("partial_fit"))
    def partial_fit(self, X, y=None, **partial_fit_params):
        """Go on fitting the transformer, on the steps of further sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`, with the same features.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
            Targets of the sequences, repeated for their steps.
        **partial_fit_params : dict
            Handed on to the `partial_fit` of the transformer, as in `fit`.

        Returns
        -------
        PerStep
            The meta-transformer itself.

        Raises
        ------
        ValueError
            If X, y or weights do not fit. The estimator is then as it was before.
        """
        self._validate_params()
        sequences, form = self._read(X)
        is_new = not hasattr(self, "transformer_")
        if not is_new:
            self._compare(X, sequences, form)
        # A copy: should this call fail, the fitted transformer is untouched.
        inner = clone(self.transformer) if is_new else copy.deepcopy(self.transformer_)
        self._fit_inner(inner, "partial_fit", sequences, y, partial_fit_params)
        self._keep(inner, X, sequences, form, reset=is_new)
        return self

    @reported
    def fit_transform(self, X, y=None, **fit_params):
        """Fit the transformer and transform the same sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
            Targets of the sequences, repeated for their steps.
        **fit_params : dict
            Handed on to the `fit_transform` of the transformer, as in `fit`.

        Returns
        -------
        ndarray, list of ndarray, or Sequences
            The transformed sequences; see the table above.

        Raises
        ------
        ValueError
            As in `fit`, or if the transformer does not give one row of numbers for
            each step.
        """
        self._validate_params()
        sequences, form = self._read(X)
        inner = clone(self.transformer)
        result = self._fit_inner(inner, "fit_transform", sequences, y, fit_params)
        rows = check_rows(result, sequences, inner)
        self._keep(inner, X, sequences, form)
        return restore(X, sequences, form, rows, self._names_out(result))

    def transform(self, X):
        """Transform the steps of sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`, with the same features.

        Returns
        -------
        ndarray, list of ndarray, or Sequences
            The transformed sequences; see the table above.

        Raises
        ------
        ValueError
            If X has other features than in `fit`, or the transformer does not give one
            row of numbers for each step.
        """
        check_is_fitted(self)
        sequences, form = self._read(X)
        self._compare(X, sequences, form)
        steps = stack_steps(sequences, self._step_names())
        result = self.transformer_.transform(steps)
        rows = check_rows(result, sequences, self.transformer_)
        return restore(X, sequences, form, rows, self._names_out(result))

    @available_if(_transformer_has("inverse_transform"))
    def inverse_transform(self, X):
        """Undo the transformation of the steps.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Transformed sequences, in any form that `transform` takes.

        Returns
        -------
        ndarray, list of ndarray, or Sequences
            Sequences with the features of `fit`, in the form of X as in the table.
        """
        check_is_fitted(self)
        sequences, form = self._read(X)
        result = self.transformer_.inverse_transform(stack_steps(sequences))
        rows = check_rows(result, sequences, self.transformer_)
        return restore(X, sequences, form, rows, self._step_names())

    @available_if(_transformer_has("get_feature_names_out"))
    def get_feature_names_out(self, input_features=None):
        """Name the features of transformed steps.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features of X. By default those seen in `fit`. The name of
            one column whose cells are sequences of several features is not used.

        Returns
        -------
        ndarray of str
            What the transformer calls its features. For 2-D X that stays 2-D, the
            names of the columns.
        """
        check_is_fitted(self)
        if not self.table_input_:
            # A ColumnTransformer around knows only the column that holds the sequences.
            if np.size(input_features) == 1 and self.n_features_in_ > 1:
                input_features = None
            return self.transformer_.get_feature_names_out(input_features)
        columns = _check_feature_names_in(self, input_features)
        names = self.transformer_.get_feature_names_out()
        return columns if len(names) == 1 else names

    def set_output(self, *, transform=None):
        """Accept the choice of a container, which changes nothing.

        Sequences do not fit into a table of numbers, so `transform` returns what it
        always returns. The method is here for Pipelines, which hand the choice on to
        each of their steps.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored.

        Returns
        -------
        PerStep
            The meta-transformer itself.
        """
        return self

    def get_metadata_routing(self):
        """Say which metadata the transformer asks for.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
            The requests of the transformer, by method.
        """
        methods = MethodMapping()
        for caller in ("fit", "partial_fit", "fit_transform"):
            methods.add(caller=caller, callee=_choose_method(self.transformer, caller))
        router = MetadataRouter(owner=self)
        return router.add(transformer=self.transformer, method_mapping=methods)

    def __sklearn_tags__(self):
        """Say what X may be: what the transformer takes, as sequences."""
        tags = super().__sklearn_tags__()
        inner = get_tags(self.transformer)
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.positive_only = inner.input_tags.positive_only
        tags.target_tags.required = inner.target_tags.required
        tags.non_deterministic = inner.non_deterministic
        if inner.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = inner.transformer_tags.preserves_dtype
        return tags

    def _fit_inner(self, inner, caller, sequences, y, params):
        """Fit an inner transformer; return what it returns from `fit_transform`."""
        check_consistent_length(sequences, y)
        steps = stack_steps(sequences, sequences.feature_names)
        y = repeat(y, sequences)
        method = _choose_method(inner, caller)
        if get_config()["enable_metadata_routing"]:
            params = process_routing(self, caller, **params)["transformer"][method]
        params = {
            name: repeat_weight(name, value, sequences) for name, value in params.items()
        }
        result = getattr(inner, method)(steps, y, **params)
        if caller == "fit_transform" and method != caller:
            result = inner.transform(steps)
        return result


def _choose_method(transformer, caller):
    """Return the method of the transformer that a method of PerStep calls."""
    # fit_transform is called where it is there: a TargetEncoder's, for one, is not the
    # same as fit and then transform.
    if caller == "fit_transform" and not hasattr(transformer, "fit_transform"):
        return "fit"
    return caller

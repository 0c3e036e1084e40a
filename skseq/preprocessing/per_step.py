"""Apply a scikit-learn transformer to the steps of sequences."""

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
    check_is_fitted,
)

from skseq.preprocessing.step_features import (
    check_step_features,
    get_names_out,
    get_step_names,
    set_features,
)
from skseq.preprocessing.steps import (
    check_rows,
    keep_categorical,
    list_numeric_names,
    read_steps,
    restore_form,
    spread,
    spread_weight,
    stack_steps,
    text_errors,
)
from skseq.reporting import report_fit


def _transformer_has(method):
    """Return a check of whether the fitted, or else the given, transformer has a method."""

    def check(self):
        # getattr instead of hasattr, because its error names what is missing.
        getattr(getattr(self, "transformer_", self.transformer), method)
        return True

    return check


class PerStep(
    TransformerMixin,
    CallbackSupportMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,  # type: ignore[call-arg]
):
    """Apply a scikit-learn transformer to the steps of sequences.

    The transformer is fitted on and applied to the steps of all sequences, stacked as rows
    of shape `(n_steps_total, n_features)` without padding. Every step has the same weight,
    so that long sequences count more than short ones. The number of steps does not change:

    =================================  ==================================================
    X                                  `transform` returns
    =================================  ==================================================
    3-D array                          3-D array (n_sequences, n_timesteps, n_features_out)
    2-D numbers, one feature per step  2-D array for one output feature, else a 3-D array
    list of arrays or DataFrames       list of arrays (n_timesteps_i, n_features_out)
    :class:`skseq.Sequences`           :class:`skseq.Sequences` with the same ids
    DataFrame or Series of arrays      :class:`skseq.Sequences`
    =================================  ==================================================

    Parameters
    ----------
    transformer : estimator
        A transformer that returns one row for each input row: a scaler, an imputer, a
        decomposition, a Pipeline, a FeatureUnion or a ColumnTransformer. It receives
        missing values unchanged; infinite values raise an error. If the features of
        :class:`skseq.Sequences` have names, it receives a pandas DataFrame, so that a
        ColumnTransformer can select columns by name. If the sequences are DataFrames
        (pandas or polars), it receives one DataFrame with their columns, types and index,
        and can encode text and categories.

    Attributes
    ----------
    transformer_ : estimator
        The fitted clone of `transformer`.
    n_features_in_ : int
        Number of features of a step; for 2-D X the number of columns, which are steps.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, or of the columns of 2-D X. Defined if X has names.
    table_input_ : bool
        Whether X was a 2-D table of numbers in `fit`.
    frame_input_ : bool
        Whether the sequences were DataFrames in `fit`.
    is_categorical_ : ndarray of bool of shape (n_features,)
        Which features of a step were categorical in `fit`.

    See Also
    --------
    sklearn.compose.ColumnTransformer : Transform features differently, inside PerStep.
    sklearn.pipeline.FeatureUnion : Concatenate features, inside PerStep.

    Notes
    -----
    Categorical features of :class:`skseq.Sequences` do not reach the transformer. They stay
    as they are and follow the transformed features, as the remaining columns of a
    ColumnTransformer with `remainder="passthrough"`.

    Use unions inside, as in `PerStep(FeatureUnion([...]))`. Outside, scikit-learn
    concatenates arrays along the second axis, which is the time axis of 3-D arrays.

    Statistics that assume independent rows, such as the p-values of `SelectKBest`, are too
    optimistic.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.preprocessing import OneHotEncoder, StandardScaler
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

    Encode a column of DataFrames:

    >>> X = [pd.DataFrame({"kind": ["a", "b"]}), pd.DataFrame({"kind": ["b"]})]
    >>> PerStep(OneHotEncoder()).fit_transform(X)[0].tolist()
    [[1.0, 0.0], [0.0, 1.0]]

    Categorical features are kept:

    >>> from skseq import Sequences
    >>> stored = Sequences.from_list([pd.DataFrame({"kind": ["a", "b"], "x": [1.0, 3.0]})])
    >>> scaled = PerStep(StandardScaler()).fit_transform(stored)
    >>> scaled.feature_names, scaled[0].tolist()
    (['x', 'kind'], [[-1.0, 'a'], [1.0, 'b']])
    """

    # Fitted attributes that `set_features` sets.
    n_features_in_: int
    table_input_: bool
    frame_input_: bool
    is_categorical_: np.ndarray

    _parameter_constraints = {"transformer": [HasMethods(["fit", "transform"])]}

    def __init__(self, transformer):
        self.transformer = transformer

    @report_fit
    def fit(self, X, y=None, **fit_params):
        """Fit the transformer on all steps of all sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences in any form of the table above.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
            Targets of the sequences, repeated for their steps; or targets of the steps: a
            list, object array or Series with one array for each sequence.
        **fit_params : dict
            Passed to the `fit` of the transformer, by metadata routing if it is enabled.
            `sample_weight` has one weight per sequence, which each of its steps gets, or
            one per step, like y.

        Returns
        -------
        PerStep
            The fitted meta-transformer.

        Raises
        ------
        ValueError
            If X, y or the weights are invalid. The estimator is then unchanged.
        """
        return self._fit("fit", X, y, fit_params)

    @available_if(_transformer_has("partial_fit"))
    def partial_fit(self, X, y=None, **partial_fit_params):
        """Fit the transformer incrementally on the steps of more sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`, with the same features.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
            Targets of the sequences, repeated for their steps; or targets of the steps: a
            list, object array or Series with one array for each sequence.
        **partial_fit_params : dict
            Passed to the `partial_fit` of the transformer, as in `fit`.

        Returns
        -------
        PerStep
            The meta-transformer itself.

        Raises
        ------
        ValueError
            As in `fit`. The estimator is then unchanged.
        """
        return self._fit("partial_fit", X, y, partial_fit_params)

    @report_fit
    def fit_transform(self, X, y=None, **fit_params):
        """Fit the transformer, and transform the same sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
            Targets of the sequences, repeated for their steps; or targets of the steps: a
            list, object array or Series with one array for each sequence.
        **fit_params : dict
            Passed to the `fit_transform` of the transformer, as in `fit`.

        Returns
        -------
        ndarray, list of ndarray, or Sequences
            The transformed sequences; see the table above.

        Raises
        ------
        ValueError
            As in `fit`, or if the transformer does not return one row of numbers per step.
        """
        return self._fit("fit_transform", X, y, fit_params)

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
            If X has other features than in `fit`, or if the transformer does not return one
            row of numbers per step.
        """
        check_is_fitted(self)
        sequences, form = read_steps(X, self)
        check_step_features(self, X, sequences, form)
        names = get_step_names(self, ~self.is_categorical_)
        steps = stack_steps(sequences, names, keep_frame=self.frame_input_)
        with text_errors(sequences, self.transformer_):
            result = self.transformer_.transform(steps)
        rows = check_rows(result, sequences, self.transformer_)
        kept = keep_categorical(sequences)
        return restore_form(X, sequences, form, rows, get_names_out(self, result), kept)

    @available_if(_transformer_has("inverse_transform"))
    def inverse_transform(self, X):
        """Invert the transformation of the steps.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Transformed sequences, in any form of the table above.

        Returns
        -------
        ndarray, list of ndarray, or Sequences
            Sequences with the features of `fit`, in the form that the table gives for X.
        """
        check_is_fitted(self)
        sequences, form = read_steps(X, self)
        rows = stack_steps(sequences, keep_frame=False)
        result = self.transformer_.inverse_transform(rows)
        rows = check_rows(result, sequences, self.transformer_)
        is_seen = slice(None) if sequences.n_categorical else ~self.is_categorical_
        names = get_step_names(self, is_seen)
        kept = keep_categorical(sequences, self.is_categorical_)
        return restore_form(X, sequences, form, rows, names, kept)

    @available_if(_transformer_has("get_feature_names_out"))
    def get_feature_names_out(self, input_features=None):
        """Get the names of the features of transformed steps.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features of X. By default the names seen in `fit`. A single name of
            a column whose cells are sequences with several features is ignored.

        Returns
        -------
        ndarray of str
            Names from the transformer; those of the columns if 2-D X stays 2-D.
        """
        check_is_fitted(self)
        if not self.table_input_:
            # An outer ColumnTransformer only knows the column that contains the sequences.
            if np.size(input_features) == 1 and self.n_features_in_ > 1:
                input_features = None
            if not self.is_categorical_.any():
                return self.transformer_.get_feature_names_out(input_features)
            names = _check_feature_names_in(self, input_features)
            found = self.transformer_.get_feature_names_out(names[~self.is_categorical_])
            return np.concatenate([found, names[self.is_categorical_]])
        columns = _check_feature_names_in(self, input_features)
        names = self.transformer_.get_feature_names_out()
        return columns if len(names) == 1 else names

    def set_output(self, *, transform=None):
        """Accept the choice of an output container without effect.

        `transform` always returns the form of the table above, because sequences do not fit
        into a table of numbers. Pipelines call this method on every step.

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
        """Get the metadata routing of the transformer.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
            The requests of the transformer by method.
        """
        methods = MethodMapping()
        for caller in ("fit", "partial_fit", "fit_transform"):
            methods.add(caller=caller, callee=_choose_method(self.transformer, caller))
        router = MetadataRouter(owner=self)
        return router.add(transformer=self.transformer, method_mapping=methods)

    def __sklearn_tags__(self):
        """Return the tags of the transformer, with X being sequences."""
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

    def _fit(self, caller, X, y, params):
        """Fit the transformer. Return self, or transformed X if called by fit_transform."""
        self._validate_params()
        sequences, form = read_steps(X, self)
        resumes = caller == "partial_fit" and hasattr(self, "transformer_")
        if resumes:
            check_step_features(self, X, sequences, form)
        # A copy, so that the fitted transformer is unchanged if this call fails.
        inner = copy.deepcopy(self.transformer_) if resumes else clone(self.transformer)
        steps = stack_steps(sequences, list_numeric_names(sequences))
        y = spread(y, sequences)
        method = _choose_method(inner, caller)
        if get_config()["enable_metadata_routing"]:
            params = process_routing(self, caller, **params)["transformer"][method]
        params = {name: spread_weight(name, v, sequences) for name, v in params.items()}
        with text_errors(sequences, inner):
            result = getattr(inner, method)(steps, y, **params)
        if caller == "fit_transform":
            result = result if method == caller else inner.transform(steps)
            rows = check_rows(result, sequences, inner)
        self.transformer_ = inner
        if not resumes:
            set_features(self, X, sequences, form)
        if caller != "fit_transform":
            return self
        kept = keep_categorical(sequences)
        return restore_form(X, sequences, form, rows, get_names_out(self, result), kept)


def _choose_method(transformer, caller):
    """Return the method of the transformer that a method of PerStep calls."""
    # fit_transform has precedence, as it may differ from fit and transform (TargetEncoder).
    return caller if caller != "fit_transform" or hasattr(transformer, caller) else "fit"

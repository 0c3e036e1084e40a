"""The features that steps had in fit: remembered, compared, named."""

import numpy as np
from sklearn.utils.validation import validate_data

from skseq.sequences import SINGLE_SEQUENCE_HINT, check_features, read_sequences


class SeenFeatures:
    """Lets a meta-transformer of sequences remember the features it was fitted on.

    It keeps what it has fitted as `transformer_`.
    """

    def _read(self, X):
        # Whether missing values are welcome is for the transformer to say.
        return read_sequences(X, allow_missing=True, estimator=self)

    def _keep(self, inner, X, sequences, form, *, reset=True):
        """Remember a fitted transformer and, with `reset`, the features it saw."""
        self.transformer_ = inner
        if not reset:
            return
        self.table_input_ = form.is_table
        if form.is_table:
            validate_data(self, X, skip_check_array=True)
            return
        self.n_features_in_ = sequences.n_features
        vars(self).pop("feature_names_in_", None)
        if sequences.feature_names:
            self.feature_names_in_ = np.asarray(sequences.feature_names, dtype=object)

    def _compare(self, X, sequences, form):
        """Raise if X has other features than in fit."""
        if form.is_table and self.table_input_:
            validate_data(self, X, reset=False, skip_check_array=True)
            return
        check_features(
            sequences,
            1 if self.table_input_ else self.n_features_in_,
            self._step_names(),
            type(self).__name__,
            f" {SINGLE_SEQUENCE_HINT}" if form.is_table else "",
        )

    def _step_names(self):
        """Return the names of the features of a step in fit, if they had any."""
        if self.table_input_ or not hasattr(self, "feature_names_in_"):
            return None
        return list(self.feature_names_in_)

    def _names_out(self, result):
        """Return names for transformed features, if those of fit had any."""
        if self._step_names() is None:
            return None
        if hasattr(result, "columns"):
            return list(result.columns)
        try:
            return list(self.transformer_.get_feature_names_out())
        except AttributeError:  # it, or a part of it, has no names to give
            return None

"""The template of estimators with one row a sequence."""

import copy
from typing import ClassVar

import numpy as np
from sklearn.base import (
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    is_regressor,
)
from sklearn.callback import with_callbacks
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from skseq.estimators.exported import ExportedEstimator
from skseq.estimators.learned import check_inputs
from skseq.estimators.network_estimator import NetworkEstimator
from skseq.estimators.traced import TracedEstimator
from skseq.exceptions import UnscaledInputWarning, warn
from skseq.forecasting.targets import refuse_missing
from skseq.inputs import InputScaler
from skseq.magnitudes import MAX_VALUE
from skseq.sequences import (
    LONG_TABLE_HINT,
    SINGLE_SEQUENCE_HINT,
    check_features,
    check_no_text,
    check_no_times,
    read_sequences,
)
from skseq.training import SequenceDataset, draw_seed
from skseq.training.callbacks import TaskReports
from skseq.training.devices import choose_device
from skseq.training.splits import split_validation
from skseq.training.weights import check_weights, combine_weights

# Unscaled inputs of this size saturate gates and blow up gradients.
LARGE_INPUT = 20.0


class SequenceEstimator(
    TracedEstimator,
    ExportedEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    NetworkEstimator,
):
    """Fits, predicts and transforms sequences.

    A task (target coding, loss, decision), an architecture (the network) and the
    parameters of training are mixed in by the leaves.
    """

    # After that of the task, which ends with X, y and a fitted model.
    _example: ClassVar[str] = """
Hidden states as features for other models, a look inside, and one more epoch:

>>> model.transform(X[:2]).shape[1] == len(model.get_feature_names_out())
True
>>> trace = model.trace(X[:2])
>>> len(trace.states)  # for each sequence an array (n_tokens, width)
2
>>> model.summary(n_timesteps=len(X[0])).index[-1]
'total'
>>> model.loss_ > 0, (model.valid_loss_ or 0) >= 0  # None if nothing was held out
(True, True)
>>> model.partial_fit(X[:50], y[:50]) is model
True"""

    _attribute_docs: ClassVar[dict] = {
        "n_features_in_": """int
Number of features of a step; for 2-D X number of columns (steps).""",
        "feature_names_in_": """ndarray of shape (`n_features_in_`,)
Names of the columns, if X had them.""",
        "scaler_": """object
How inputs are scaled: `scaler_.mean` and `scaler_.scale` of each feature.""",
        "common_length_": """int or None
Steps of a sequence, if all that `fit` saw had the same number. Those that have it are
predicted without padding.""",
        "table_input_": """bool
Whether `fit` saw 2-D X: numbers, one feature a step.""",
    }

    @with_callbacks
    def fit(self, X, y, sample_weight=None, groups=None):
        """Train on sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences: `(n_sequences, n_timesteps, n_features)`; numbers of shape
            `(n_sequences, n_timesteps)`; a list of arrays
            `(n_timesteps_i, n_features)` of any length; a DataFrame whose cells are
            arrays; or :class:`skseq.Sequences`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weight of each sequence in the loss. Only ratios matter.
        groups : array-like of shape (n_sequences,), default=None
            Sequences of one group are never both trained on and held out by early
            stopping.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters, X or y do not fit. The estimator is then as it was before.
        skseq.exceptions.DivergenceError
            If the loss becomes infinite or NaN.
        """
        with self._unchanged_on_failure():
            self._validate_params()
            self._check_checkpoint()
            is_new = not (self.warm_start and hasattr(self, "net_"))
            training, validation = self._prepare_fit(
                X, y, sample_weight, groups, is_new=is_new
            )
            size = self._choose_batch_size(training.sequences.lengths)
            n_epochs = self._choose_epochs(len(training), size)
            n_updates = n_epochs * -(-len(training) // size)
            callbacks = self._make_callbacks(n_epochs, n_updates, validation)
            context = self._init_callback_context(max_subtasks=n_epochs)
            callbacks.append(("sklearn", TaskReports(self, context, X, y)))
            net = self._make_net(size, n_epochs)
            if not is_new:
                self._copy_weights(net)
            self._train(net, training, validation, n_epochs, callbacks, self.checkpoint)
        return self

    def _partial_fit(self, X, y, sample_weight, classes):
        """Train for one epoch, on top of what was trained before."""
        with self._unchanged_on_failure():
            self._validate_params()
            is_new = not hasattr(self, "net_")
            training, _ = self._prepare_fit(
                X, y, sample_weight, None, is_new=is_new, classes=classes, partial=True
            )
            if is_new:
                size = self._choose_batch_size(training.sequences.lengths)
                net = self._make_net(size, 1)
            else:
                net = self._copy_net()
            self._go_on(net, training, 1)
        return self

    def transform(self, X):
        """Return the pooled hidden state of each sequence.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences, width)
            What the head of the network sees; `width` is `hidden_size`, twice that
            for bidirectional networks, and three times as much with
            `pooling="concat"`.
        """
        return self._outputs(X, "pool")

    def get_feature_names_out(self, input_features=None):
        """Name the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Only checked, and only for 2-D X.

        Returns
        -------
        ndarray of str
            The class name in lower case with a number.
        """
        # A ColumnTransformer passes the name of the one column that holds sequences,
        # whatever the number of their features.
        if not getattr(self, "table_input_", True):
            input_features = None
        return super().get_feature_names_out(input_features)

    def __sklearn_tags__(self):
        """Say what X may be."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "mask"
        # Hidden states are float32, whatever X is.
        tags.transformer_tags.preserves_dtype = []
        return tags

    @property
    def _n_features_out(self):
        return self.net_.module_.pooling.width

    def _prepare_fit(
        self, X, y, sample_weight, groups, *, is_new, classes=None, partial=False
    ):
        """Check all input; return what to train on and what to hold out."""
        self._check_combinations()
        choose_device(self.device)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        sequences = self._read(X, reset=is_new)
        y = self._read_targets(X, y, sequences)
        if sample_weight is not None:
            sample_weight = check_weights(sample_weight, len(sequences))
            kept = sample_weight > 0
            sequences, y, sample_weight = sequences[kept], y[kept], sample_weight[kept]
        if groups is not None:
            groups = np.asarray(groups)
            check_consistent_length(sequences if sample_weight is None else kept, groups)
            groups = groups if sample_weight is None else groups[kept]
        if is_new:
            self._learn_targets(y, classes)
            self._learn_inputs(sequences)
        targets = self._encode_targets(y)
        weights = combine_weights(sample_weight, self._weigh_targets(y))
        answers = {"y": _as_plain(y)}
        if sample_weight is not None:
            answers["sample_weight"] = sample_weight
        whole = self._make_dataset(sequences, targets, weights, answers)
        if partial or not self._stops_early(len(sequences)):
            return whole, None
        return self._hold_out(whole, y, groups)

    def _read_targets(self, X, y, sequences):
        """Check targets, one for each sequence of X."""
        refuse_missing(y)
        if is_regressor(self):
            check_no_times(y, "y")
            check_no_text(y, "y", "for labels take a classifier")
        y = self._check_targets(y)
        if len(y) != len(sequences):
            hint = ""
            if self.table_input_:
                hint = (
                    f" {LONG_TABLE_HINT}."
                    if hasattr(X, "columns")
                    else f" {SINGLE_SEQUENCE_HINT}"
                )
            raise ValueError(
                "Found input variables with inconsistent numbers of samples: "
                f"[{len(sequences)}, {len(y)}]. X is read as {sequences!r}, but y holds "
                f"{len(y)} target{'s' * (len(y) != 1)}: each sequence needs one.{hint}"
            )
        return y

    def _hold_out(self, whole, y, groups):
        """Split a dataset for early stopping."""
        parts = split_validation(
            len(whole),
            fraction=self.validation_fraction,
            strata=self._strata(y),
            groups=groups,
            seed=draw_seed(copy.deepcopy(self.random_state)),
        )
        return tuple(whole.take(rows) for rows in parts)

    def _read(self, X, *, reset):
        """Read and check X; remember (or compare) its features."""
        # What was fitted decides, whatever the parameter says by now.
        allowed = self.missing == "mask" if reset else self.scaler_.mask_missing
        sequences, form = read_sequences(
            X, allow_missing=allowed, largest=MAX_VALUE, estimator=self
        )
        if form.is_table:
            if reset or self.table_input_:
                self._check_columns(X, sequences.lengths[0], reset=reset)
            elif self.n_features_in_ != 1:
                raise ValueError(
                    f"X is 2-D (shape {np.shape(X)}): sequences of 1 feature, but "
                    f"{type(self).__name__} was fitted on {self.n_features_in_} features; "
                    f"give X as (n_sequences, n_timesteps, n_features). {SINGLE_SEQUENCE_HINT}"
                )
        elif reset:
            self.n_features_in_ = sequences.n_features
            vars(self).pop("feature_names_in_", None)
            if sequences.feature_names:
                self.feature_names_in_ = np.asarray(sequences.feature_names, dtype=object)
        else:
            check_features(
                sequences,
                1 if self.table_input_ else self.n_features_in_,
                None if self.table_input_ else getattr(self, "feature_names_in_", None),
                type(self).__name__,
            )
        if reset:
            self.table_input_ = form.is_table
        return sequences

    def _check_columns(self, X, n_columns, *, reset):
        """Check number and names of the columns of 2-D numbers, as scikit-learn does."""
        if not reset and n_columns == 1 < self.n_features_in_:
            raise ValueError(
                f"X has 1 features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input: columns are steps. {SINGLE_SEQUENCE_HINT}"
            )
        validate_data(self, X, reset=reset, skip_check_array=True)

    def _learn_inputs(self, sequences):
        """Learn scaling, and choose what the length of sequences decides."""
        self.scaler_ = InputScaler.fit(
            sequences, scale=self.scale, mask_missing=self.missing == "mask"
        )
        lengths = sequences.lengths
        self.common_length_ = int(lengths[0]) if (lengths == lengths[0]).all() else None
        self.patch_size_ = self._choose_patch_size(lengths)
        if not self.scale:
            size = max((np.abs(b).max() for _, b in sequences.chunks()), default=0.0)
            if size > LARGE_INPUT:
                warn(
                    f"X holds values up to {size:g} and scale=False: networks train "
                    "badly on inputs far from unit scale. Use scale=True, or "
                    "PerStep(StandardScaler()) in front.",
                    UnscaledInputWarning,
                )

    def _check_learned(self):
        """Raise if what was read from a file does not fit together."""
        check_inputs(self)
        self._check_learned_targets()

    def _build_module(self):
        """Return the network."""
        return self._assemble(
            self.scaler_.n_features, self._count_outputs(), self.patch_size_
        )

    def _make_dataset(self, sequences, targets=None, weights=None, answers=None):
        """Return sequences as the network takes them."""
        return SequenceDataset(
            sequences, self.scaler_, targets, weights, answers or {}, self.common_length_
        )

    def _outputs(self, X, method="forward"):
        """Return outputs of the network for each row of X."""
        if not hasattr(self, "net_"):  # to ask scikit-learn takes a while
            check_is_fitted(self)
        sequences = self._read(X, reset=False)
        outputs = self.net_.outputs(self._make_dataset(sequences), method)
        # Decisions and probabilities are computed in double precision.
        return outputs if method == "pool" else outputs.astype(np.float64)


def _as_plain(labels):
    """Return labels as numbers or text, by which they are told apart."""
    is_plain = labels.dtype.kind in "biufUmM"
    return labels if is_plain else labels.astype(object).astype(str)

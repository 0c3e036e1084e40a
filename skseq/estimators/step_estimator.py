"""The template of estimators that make a prediction for every step of sequences."""

import copy
from dataclasses import replace
from typing import ClassVar

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.utils.validation import check_is_fitted

from skseq.augmentation import AugmentationParameters
from skseq.estimators.sequence_base import SequenceEstimatorBase
from skseq.estimators.step_validation import (
    StepSequences,
    check_index_kept,
    has_rows,
    is_dense,
    validate_rows,
)
from skseq.estimators.target_features import warn_of_step_target_in_features
from skseq.estimators.validation import check_outputs, check_target_given
from skseq.saved import is_flag
from skseq.sequences import (
    Sequences,
    SequenceTargets,
    divide_evenly,
    warn_of_index_order,
)
from skseq.series import RowForm
from skseq.tasks.steps import StepTask
from skseq.training.weights import combine_weights

# Small parts stay in the cache of the processor.
SEQUENCES_AT_ONCE = 256


class StepEstimator(StepTask, AugmentationParameters, SequenceEstimatorBase):
    """Fits and predicts the steps of sequences.

    X has either sequences, with an array of targets for each, or rows that are steps, with
    a target for each row. `y` decides in `fit`. A leaf adds a task, an architecture, inputs,
    and parameters of training.
    """

    row_form_: RowForm | None
    _predicts_steps = True

    _attribute_docs: ClassVar[dict] = {
        "rows_are_steps_": """bool
Whether the rows of X were steps in `fit`.""",
        "row_form_": """object or None
How the rows of X identify sequences and times, if they are steps.""",
    }

    _attribute_checks: ClassVar[dict] = {
        "rows_are_steps_": is_flag,
        "row_form_": lambda value: value is None or isinstance(value, RowForm),
    }

    # It follows the example of the task, which ends with X, y and a fitted model.
    _example: ClassVar[str] = """
Hidden states of all steps, the network, and one more epoch:

>>> model.transform(X[:2]).n_features == len(model.get_feature_names_out())
True
>>> len(model.trace(X[:2]).states)  # one array (n_tokens, width) for each sequence
2
>>> model.summary(n_timesteps=len(X[0])).index[-1]
'total'
>>> model.loss_ > 0, (model.valid_loss_ or 0) >= 0  # None without early stopping
(True, True)
>>> model.partial_fit(X[:50], y[:50]) is model
True"""

    @with_callbacks
    def fit(self, X, y=None, sample_weight=None, groups=None):
        """Train on sequences with a target for every step.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows.

            - Sequences: an array `(n_sequences, n_timesteps, n_features)`; numbers of shape
              `(n_sequences, n_timesteps)`; a list of arrays `(n_timesteps_i, n_features)`
              of any lengths; lists of tokens, or texts; a DataFrame whose cells are arrays;
              or :class:`skseq.Sequences`.
            - Rows that are steps: a table `(n_rows, n_features)`. A (sequence, time)
              MultiIndex or the column `sequence` identifies the sequence of each row;
              otherwise the table is one sequence. Rows with times are sorted by time.
        y : list of array-like, or array-like of shape (n_rows,) or (n_rows, n_outputs)
            Targets of all steps. For sequences, a list or an object array with one array
            `(n_timesteps_i,)` or `(n_timesteps_i, n_outputs)` for each sequence, or an
            array `(n_sequences, n_timesteps)` or `(n_sequences, n_timesteps, n_outputs)`.
            For rows, one target, or one row of targets, for each row. Several labels for
            each step are an indicator matrix of 0 and 1. Steps whose targets are None, NaN
            or "" are left out of the loss. A table X with y of the same shape is read as
            sequences of one feature.
        sample_weight : array-like of shape (n_sequences,) or like y, default=None
            Weights of sequences or of steps in the loss. Only ratios matter. The weight of
            a sequence applies to each of its steps. By default, every step counts equally.
        groups : array-like of shape (n_sequences,) or (n_rows,), default=None
            Early stopping never splits the sequences of a group between training and
            validation.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters, X or y are invalid. The estimator is then unchanged.
        skseq.exceptions.DivergenceError
            If the loss becomes infinite or NaN.
        """
        self._fit(X, y, sample_weight, groups)
        return self

    def transform(self, X):
        """Return the hidden state of every step.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.

        Returns
        -------
        Sequences, or ndarray of shape (n_rows, width)
            The states. `width` is `hidden_size`, or twice that for bidirectional networks.
            The result is an array if rows are steps.
        """
        steps = self._read_steps(X)
        size, lengths = self.net_.module_.token_steps, steps.sequences.lengths
        states = self.net_.outputs(self._make_dataset(steps.sequences), "encode")
        if size > 1:  # the steps of a token have one state
            pairs = zip(states, lengths, strict=True)
            states = [np.repeat(part, size, axis=0)[:length] for part, length in pairs]
        check_outputs(states, steps.sequences, self.scaler_)
        flat = np.concatenate(states)
        if self.rows_are_steps_:
            return steps.restore(flat)
        return Sequences(flat, lengths, ids=steps.sequences.ids)

    def _read_steps(self, X):
        """Validate X of a fitted estimator; return :class:`StepSequences`."""
        if not hasattr(self, "net_"):  # faster than check_is_fitted
            check_is_fitted(self)
        if self.rows_are_steps_:
            allowed = self.scaler_.allows_missing
            rows = validate_rows(self, X, allow_missing=allowed, reset=False)
            return StepSequences(rows.sequences, rows)
        sequences = self._read(X)
        return StepSequences(sequences, is_dense=is_dense(X, sequences))

    def _view_rows_as_sequences(self, X):
        """Return a copy that predicts sequences, and the StepRows of X, whose rows are steps.

        The estimator was fitted on rows. The copy shares the network and predicts the same
        for the sequences of the StepRows, which also put the predictions into row order.
        """
        copied = copy.copy(self)
        copied.rows_are_steps_, copied.row_form_ = False, None
        return copied, self._read_steps(X).rows

    def _read_new_steps(self, X, y):
        """Validate X of a first fit, and set the attributes that describe it."""
        is_row = self.sequence is not None or has_rows(X, y)
        self.rows_are_steps_ = is_row
        self.row_form_ = None
        if is_row:
            check_index_kept(X, y)
            allowed = self.missing == "mask"
            rows = validate_rows(self, X, allow_missing=allowed, reset=True)
            return StepSequences(rows.sequences, rows)
        return StepSequences(self._read_new(X))

    def _read_training(self, X, y, sample_weight, groups, is_new):
        check_target_given(self, y)
        found = self._read_new_steps(X, y) if is_new else self._read_steps(X)
        warn_of_index_order(X, y=y, sample_weight=sample_weight, groups=groups)
        steps = found.read_steps(
            y, sample_weight, numeric=self._predicts_numbers, check=self._check_targets
        )
        if is_new:
            numeric = self._predicts_numbers
            warn_of_step_target_in_features(found.sequences, steps, numeric=numeric)
        groups = found.read_groups(groups)
        kept = steps.add_up() > 0  # sequences without labeled steps
        if kept.all():
            return found.sequences, steps, None, groups
        groups = None if groups is None else groups[kept]
        return found.sequences[kept], steps.take(kept), None, groups

    def _make_training_set(self, sequences, y, sample_weight):
        given = {"y": SequenceTargets(y.targets.values, y.starts, y.targets.lengths)}
        is_counted = y.is_counted
        weights, mean = combine_weights(y.weights[is_counted], self._weigh_targets(y))
        y.weights[is_counted] = 1.0 if weights is None else weights
        targets, factors = self._encode_targets(y), self._weigh_sequences(y)
        dataset = self._make_dataset(sequences, targets, factors, given)
        dataset.mean_weight = mean
        return scale_to_mean(dataset, y.add_up())

    def _split(self, training, y, groups):
        """Return the training and the validation part of a dataset for early stopping.

        A single sequence is cut: its end is the validation part.
        """
        n, totals = len(training), y.add_up()
        if n > 1:
            rows = self._draw_validation(n, y, groups)
            parts = [(training.take(part), totals[part]) for part in rows]
        else:
            parts = cut_end(training, y.weights, self.validation_fraction)
        return tuple(scale_to_mean(part, k, totals.mean()) for part, k in parts)

    def _cut_training(self, training):
        """Return the training set with windows of its sequences, if they are long."""
        length = self._choose_window_length(training.sequences.lengths)
        if training.sequences.lengths.max() <= length:
            return training
        return cut_dataset(training, length)

    def _read_dataset(self, X, y=None):
        steps = self._read_steps(X)
        dataset = self._make_dataset(steps.sequences)
        if y is not None:
            weighted = steps.read_steps(
                y, None, numeric=self._predicts_numbers, check=self._check_targets
            )
            dataset.targets = self._encode_targets(weighted)
        return dataset

    def _map_steps(self, X, function, method="forward"):
        steps = self._read_steps(X)
        return steps.restore(self._run_steps(steps, function, method))

    def _predict_labelled(self, X, y, sample_weight, function, method="forward"):
        warn_of_index_order(X, y=y, sample_weight=sample_weight)
        steps = self._read_steps(X)
        weighted = steps.read_steps(y, sample_weight, numeric=self._predicts_numbers)
        is_counted = weighted.is_counted
        predictions = self._run_steps(steps, function, method)
        weights = None if sample_weight is None else weighted.weights[is_counted]
        return weighted.counted, predictions[is_counted], weights

    def _run_steps(self, steps, function, method):
        """Return a function of what the network computes for all steps.

        The function maps double precision (n, ...) to an array (n, ...). It gets some
        sequences at a time, because its results are often much smaller: a label and not the
        logits of all labels.
        """
        outputs, found = self.net_.outputs(self._make_dataset(steps.sequences), method), []
        for first in range(0, len(outputs), SEQUENCES_AT_ONCE):
            flat = np.concatenate(outputs[first : first + SEQUENCES_AT_ONCE])
            if not np.isfinite(flat).all():
                check_outputs(outputs, steps.sequences, self.scaler_)  # raises
            found.append(function(flat.astype(np.float64)))
        return np.concatenate(found)

    def _predict_raw(self, X):
        return self._run_steps(self._read_steps(X), lambda outputs: outputs, "forward")


def scale_to_mean(dataset, totals, before=1.0):
    """Return a dataset whose mean loss of a sequence is the mean loss of a step.

    The loss of a sequence is a sum over steps of the total weight `totals` (n_sequences,).
    The weights of the dataset were scaled to the mean `before` of these totals.
    """
    factor = before / totals.mean()
    dataset.weights = (dataset.weights * factor).astype(np.float32)
    return dataset


def cut_end(dataset, weights, fraction):
    """Return the dataset of one sequence in two parts: without its end, and its end.

    The end has a fraction of the steps. Each part comes with the total of the weights
    (n_steps,) of its steps, (1,).
    """
    sequences = dataset.sequences
    n = int(sequences.lengths[0])
    n_end = min(max(int(np.ceil(fraction * n)), 1), n - 1)
    totals = [weights[: n - n_end].sum(), weights[n - n_end :].sum()]
    if n < 2 or not all(totals):
        raise ValueError(
            f"early stopping holds out the last {max(n_end, 1)} of the {n} steps of the only "
            "sequence, but both parts need a labeled step. Set early_stopping=False."
        )
    first, _ = sequences.windows(n - n_end, n)
    ends, _ = sequences.windows(n_end)
    parts = [take_windows(dataset, windows, [0]) for windows in (first, ends[-1:])]
    return [(part, np.array([k])) for part, k in zip(parts, totals, strict=True)]


def cut_dataset(dataset, length):
    """Return a dataset with the same mean loss of a step, in windows of sequences."""
    windows, owners = divide_evenly(dataset.sequences, length)
    cut = take_windows(dataset, windows, owners)
    weights = cut.weights * (len(windows) / len(dataset))
    return replace(cut, weights=weights.astype(np.float32))


def take_windows(dataset, windows, owners):
    """Return a dataset of windows, views of its sequences with the numbers `owners`."""
    targets = dataset.targets
    first_steps = windows.starts - dataset.sequences.starts[owners]
    starts = targets.starts[owners] + first_steps
    return replace(
        dataset,
        sequences=windows,
        targets=SequenceTargets(targets.values, starts, windows.lengths),
        weights=dataset.weights[owners],
    )

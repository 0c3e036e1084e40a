"""The template of estimators that find outliers among sequences."""

from typing import ClassVar

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.utils.validation import check_is_fitted

from skseq.detection import (
    FENCE_OF_DISTANCES,
    Detector,
    ErrorScale,
    NeighborDistances,
    NeighborParameters,
    SequenceSample,
    count_columns,
)
from skseq.estimators.outlier_streaming import OutlierStream
from skseq.estimators.outlier_validation import check_not_rows, check_several
from skseq.estimators.sequence_base import SequenceEstimatorBase
from skseq.estimators.sequence_errors import cut, fit_error_scale, summarize
from skseq.estimators.step_estimator import cut_dataset
from skseq.estimators.step_validation import StepSequences, is_dense
from skseq.estimators.streaming import check_causal, check_n_sequences
from skseq.saved import require
from skseq.tasks.steps import MANY_SEQUENCES, WINDOW_LENGTH


class SequenceOutlierDetector(Detector, NeighborParameters, SequenceEstimatorBase):
    """Scores sequences by their distance to the training sequences.

    A leaf adds a task, an architecture, inputs, and parameters of training.
    """

    _fence = FENCE_OF_DISTANCES

    error_scale_: ErrorScale
    neighbors_: NeighborDistances
    sample_: SequenceSample

    _parameter_docs: ClassVar[dict] = {
        "contamination": f""""auto" or float, default="auto"
Fraction of outliers in the training data, in (0, 0.5]. It determines `offset_`, the threshold
of `predict`, and does not change scores. `"auto"` sets the threshold where the distance to the
neighbors is more than {FENCE_OF_DISTANCES.factor} interquartile ranges above the third quartile of the training
sequences (Tukey, 1977), which is rare if all sequences are of the same kind.""",
    }

    _attribute_docs: ClassVar[dict] = {
        "error_scale_": """object
Standardization of the errors of forecasts.""",
        "neighbors_": """object
The features of the training sequences with which others are compared.""",
        "sample_": """object
These training sequences, at most 10,000, from which `partial_fit` continues.""",
    }

    _attribute_checks: ClassVar[dict] = {
        "error_scale_": lambda value: isinstance(value, ErrorScale),
        "neighbors_": lambda value: isinstance(value, NeighborDistances),
        "sample_": lambda value: isinstance(value, SequenceSample),
    }

    # It follows the example of the task, which ends with X and a fitted detector.
    _example: ClassVar[str] = """
Outliers have a negative decision function. The threshold follows from the share of outliers
in the training data, if it is given:

>>> _ = detector.set_params(contamination=0.1)
>>> int((detector.fit_predict(X) == -1).sum()), int((detector.decision_function(X) < 0).sum())
(6, 6)

The features by which sequences are compared:

>>> detector.transform(X[:2]).shape[1] == len(detector.get_feature_names_out())
True

Further sequences can be added:

>>> detector.partial_fit(make_waves(20, period=10)).predict(X).shape
(60,)
"""

    @with_callbacks
    def fit(self, X, y=None):
        """Train on sequences, most of which are normal.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            At least 2 sequences of numeric features: an array `(n_sequences, n_timesteps,
            n_features)`; numbers of shape `(n_sequences, n_timesteps)`, whose rows are
            sequences of one feature; a list of arrays `(n_timesteps_i, n_features)` of any
            lengths; a DataFrame whose cells are arrays; or :class:`skseq.Sequences`.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters or X are invalid. The estimator is then unchanged.
        skseq.exceptions.DivergenceError
            If the loss becomes infinite or NaN.
        """
        with self._unchanged_on_failure():
            sequences = self._fit(X, None, None, None)
            self.sample_ = SequenceSample.draw(sequences)
            self._fit_scores(sequences)
        return self

    def partial_fit(self, X, y=None):
        """Train for one epoch on the given sequences, and adapt scores and threshold.

        The first call builds the network and measures the scaling of inputs. Later calls
        keep both, and the state of the optimizer. The learning rate is constant at `lr`.

        The hidden states of earlier sequences change with the network. So the detector
        keeps the sequences of all calls and of `fit`, or a random sample of 10,000 of them.
        It keeps them once, so that several passes over the same data are possible.
        Each call computes the usual errors, the features and the threshold again from these
        sequences: `contamination` is the fraction of outliers among them.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`. The first call needs at least 2.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If parameters or X are invalid. The estimator is then unchanged.
        skseq.exceptions.DivergenceError
            If the loss becomes infinite or NaN.
        """
        with self._unchanged_on_failure():
            sample = getattr(self, "sample_", None)
            sequences = self._partial_fit(X, None, None)
            if sample is None:
                self.sample_ = SequenceSample.draw(sequences)
            else:
                self.sample_ = sample.add(sequences, self._peek_seed())
            self._check_contamination(len(self.sample_), "sequences")
            self._fit_scores(self.sample_.sequences)
        return self

    def score_samples(self, X):
        """Return the score of each sequence.

        The score is minus the mean distance to the `n_neighbors` nearest training sequences
        in the space of `transform`. If a training sequence equals the given one, it is left out once, so a
        training sequence is not its own neighbor.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences,)
            At most 0; low scores are abnormal. Usual scores are about -1.
        """
        return self._score_points(self.transform(X))

    def step_scores(self, X):
        """Return a score for each step: how much it differs from its forecast.

        The score is minus the mean squared error of the forecast of the step from the steps
        before it. Errors are standardized to unit variance and no correlation in the
        training data, so usual scores are about -1, whatever the units of the features.
        The first step is compared with the first steps of the training sequences.

        The score of a sequence depends on its step scores, by their mean and by the lowest
        mean of three consecutive ones. It also depends on what a single step does not show:
        hidden states, the means of signed errors, and the length. So a sequence can be an
        outlier although each of its steps fits to the steps before it.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray
            An object array with one array (n_timesteps_i,) for each sequence; or
            (n_sequences, n_timesteps) if X is an array or a table. At most 0. Steps without
            known values have the score 0.
        """
        check_is_fitted(self)
        sequences = self._read(X)
        squares = [summarize(self, part)[1] for part in cut(sequences)]
        steps = StepSequences(sequences, is_dense=is_dense(X, sequences))
        return steps.restore(-np.concatenate(squares))

    def transform(self, X):
        """Return the features between which sequences are compared.

        They are, for each sequence, mean and standard deviation of each hidden state and of
        the standardized error of each feature, the logarithms of the mean squared error and
        of the largest one in three consecutive steps, and the logarithm of the length. They
        are standardized by the training sequences, and weighted. The weights in a
        squared distance are 1 for the states, 1 for the errors, 0.1 for each of the two
        logarithms of squared errors, and 0.2 for the length.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences, n_columns)
            The features.
        """
        if not hasattr(self, "net_"):  # faster than check_is_fitted
            check_is_fitted(self)
        parts = [summarize(self, part)[0] for part in cut(self._read(X))]
        return np.concatenate([self.neighbors_.transform(part) for part in parts])

    def stream(self, n_sequences=1):
        """Return an object that scores sequences while their steps arrive.

        The object keeps the hidden state and statistics of the steps so far, so the cost of
        a step does not depend on the number of earlier steps.

        Parameters
        ----------
        n_sequences : int, default=1
            Number of sequences that are read at the same time.

        Returns
        -------
        skseq.estimators.outlier_streaming.OutlierStream
            An object with the methods `score_samples(x_t)`, `predict(x_t)` and
            `reset(sequences=None)`. `x_t` of shape (n_sequences, n_features) is the next
            step of each sequence; each call reads one step. The results are those of the
            detector for the steps so far, up to rounding, and `step_scores` has the scores
            of the latest steps. The object can be pickled.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If the network is not recurrent.

        Examples
        --------
        >>> from skseq import GRUOutlierDetector
        >>> from skseq.datasets import load_japanese_vowels
        >>> X = load_japanese_vowels(split="train").data
        >>> detector = GRUOutlierDetector(max_epochs=2, random_state=0).fit(X)
        >>> stream = detector.stream()
        >>> scores = [stream.score_samples(x_t)[0] for x_t in X[0]]
        >>> bool(abs(scores[-1] - detector.score_samples([X[0]])[0]) < 1e-4)
        True
        """
        check_is_fitted(self)
        check_n_sequences(n_sequences)
        check_causal(self)
        if not self._causal_parameters:
            raise ValueError(
                f"{type(self).__name__} cannot score step by step at a constant cost, "
                "because each step attends to all earlier steps. Use an RNN, an LSTM or a "
                "GRU, such as GRUOutlierDetector."
            )
        return OutlierStream(self, int(n_sequences))

    def __sklearn_tags__(self):
        """Declare that there is no target."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        tags.transformer_tags.preserves_dtype = ["float64"]
        return tags

    @property
    def _n_features_out(self):
        return len(self.neighbors_.mean)

    def _check_combinations(self):
        super()._check_combinations()
        needed = {"stem": 0, "patch_size": 1, **self._causal_parameters}
        for name, value in needed.items():
            if getattr(self, name) != value:
                raise ValueError(
                    f"{type(self).__name__} forecasts each step from the steps before it, "
                    f"but {name}={getattr(self, name)!r} would use the step itself, or "
                    f"later ones. Set {name}={value!r}."
                )

    def _compose(self, inputs):
        network = super()._compose(inputs)
        if not network.encoder.is_causal:
            raise TypeError(
                f"{type(self).__name__} forecasts each step from the steps before it, but "
                f"the states of {network.encoder.name} may depend on later steps. Return a "
                "skseq.networks.Encoder whose is_causal is True from build."
            )
        return network

    def _read_new(self, X):
        check_not_rows(self, X)
        return super()._read_new(X)

    def _read(self, X):
        check_not_rows(self, X)
        return super()._read(X)

    def _read_training(self, X, y, sample_weight, groups, is_new):
        sequences = self._read_new(X) if is_new else self._read(X)
        return sequences, sequences, None, None

    def _check_size(self, sequences):
        check_several(self, sequences)
        self._check_contamination(len(sequences), "sequences")

    def _read_dataset(self, X, y=None):
        sequences = self._read(X)
        dataset = self._make_dataset(sequences)
        if y is not None:
            dataset.targets = self._encode_targets(sequences)
        return dataset

    def _predict_raw(self, X):
        check_is_fitted(self)
        dataset = self._make_dataset(self._read(X))
        return np.concatenate(self.net_.outputs(dataset)).astype(np.float64)

    def _make_training_set(self, sequences, y, sample_weight):
        # The loss of a sequence is a sum over its forecasts.
        mean = max(float((sequences.lengths - 1).mean()), 1.0)
        weights = np.full(len(sequences), 1 / mean, dtype=np.float32)
        return self._make_dataset(sequences, self._encode_targets(sequences), weights)

    def _cut_training(self, training):
        lengths = training.sequences.lengths
        if len(lengths) >= MANY_SEQUENCES or lengths.max() <= WINDOW_LENGTH:
            return training
        return cut_dataset(training, WINDOW_LENGTH)

    def _fit_scores(self, sequences):
        """Set what scores and threshold depend on, except the network, from sequences."""
        self.error_scale_ = fit_error_scale(self, sequences)
        summaries = [summarize(self, part)[0] for part in cut(sequences)]
        groups = [np.concatenate(group) for group in zip(*summaries, strict=True)]
        self.neighbors_ = NeighborDistances.fit(groups)
        points = self.neighbors_.transform(groups)
        self.offset_ = self._choose_offset(self._score_points(points))

    def _score_points(self, points):
        """Return the scores of rows of `transform`: (n_sequences,)."""
        return -self.neighbors_.measure(points, self.n_neighbors)

    def _restore(self, state, net, history):
        super()._restore(state, net, history)
        n, width = self.scaler_.numeric.n_stored, self.net_.module_.encoder.width
        require(len(self.error_scale_.first) == n, "error_scale_ does not fit the features")
        n_columns = count_columns(width, n)
        require(len(self.neighbors_.mean) == n_columns, "neighbors_ does not fit the net")
        valid = self.sample_.values.shape[1] == n
        valid = valid and len(self.sample_) == len(self.neighbors_.points)
        require(valid, "sample_ does not fit the features")

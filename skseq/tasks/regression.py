"""Regression of whole sequences: one or several numbers each."""

from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

import numpy as np
import torch
from sklearn.base import RegressorMixin
from sklearn.utils import check_array
from sklearn.utils._param_validation import Interval, StrOptions

from skseq.magnitudes import check_magnitude
from skseq.networks import PooledHead
from skseq.saved import is_finite, is_flag, is_positive, is_positive_count, require
from skseq.sequences import RowTargets, convert_numbers
from skseq.tasks.base import SequenceTask
from skseq.tasks.coding import NumberCoding
from skseq.tasks.losses import (
    AbsoluteError,
    HuberError,
    PinballLoss,
    PoissonDeviance,
    SquaredError,
)

LOSSES = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": HuberError,
    "poisson": PoissonDeviance,
    "quantile": PinballLoss,
}


@dataclass(kw_only=True, eq=False, repr=False)
class Regression(RegressorMixin, SequenceTask):
    """The task of regressors."""

    loss: str = "squared_error"
    quantile: float = 0.5

    # Targets are noisier than classes, and long training overfits the noise.
    _min_early_stopping: ClassVar[int] = 500

    _parameter_constraints: ClassVar[dict] = {
        "loss": [StrOptions(set(LOSSES))],
        "quantile": [Interval(Real, 0, 1, closed="neither")],
    }

    _parameter_docs: ClassVar[dict] = {
        "loss": """{"squared_error", "absolute_error", "huber", "poisson", "quantile"}, \
default="squared_error"
The loss to minimize. `"huber"` is squared for errors below one standard deviation of `y`
and absolute above. `"poisson"` is for counts and rates and predicts their mean.
`"quantile"` predicts the quantile given by `quantile`.""",
        "quantile": """float, default=0.5
The quantile that `loss="quantile"` predicts, between 0 and 1.""",
        "scale": """bool, default=True
Whether to standardize each feature by its mean and standard deviation over all steps of
the training sequences. Targets are also standardized, and predictions are transformed back.
With `loss="poisson"` targets are always divided by their mean instead.""",
    }

    _attribute_docs: ClassVar[dict] = {
        "n_outputs_": """int
Number of targets.""",
        "multioutput_": """bool
Whether `y` was two-dimensional.""",
        "target_mean_": """ndarray of shape (`n_outputs_`,)
Mean that is subtracted from the targets.""",
        "target_scale_": """ndarray of shape (`n_outputs_`,)
Scale by which the targets are divided.""",
    }

    _attribute_checks: ClassVar[dict] = {
        "n_outputs_": is_positive_count,
        "multioutput_": is_flag,
        "target_mean_": lambda value: is_finite(value, None),
        "target_scale_": lambda value: is_positive(value, None),
    }

    _example: ClassVar[str] = """
>>> from skseq import {name}
>>> from skseq.datasets import load_seattle_weather
>>> X, y = load_seattle_weather(split="train", return_X_y=True)
>>> model = {name}(max_epochs=2, random_state=0).fit(X, y)
>>> model.predict(X[:3]).shape
(3,)
>>> model.score(X, y) <= 1
True"""

    @property
    def coding_(self):
        """How outputs of the network are transformed to the scale of `y`."""
        loss = self.net_.criterion_
        return NumberCoding(self.target_mean_, self.target_scale_, loss)

    def partial_fit(self, X, y, sample_weight=None):
        """Train for one epoch on the given sequences.

        The first call builds the network and measures the scaling of inputs and targets.
        Later calls keep both, and the state of the optimizer. The learning rate is
        constant at `lr`.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weight of each sequence in the loss. Unlike in `fit`, weights keep their scale:
            the learning rate is multiplied by their mean.

        Returns
        -------
        self : object
            The estimator.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X):
        """Predict the targets of sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences,) or (n_sequences, n_outputs)
            Predictions on the scale of the `y` given to `fit`.
        """
        outputs = torch.from_numpy(self._predict_raw(X))
        # The parameter may have changed since fit.
        decoded = self.net_.criterion_.decode(outputs)
        predictions = decoded.numpy() * self.target_scale_ + self.target_mean_
        is_finite = np.isfinite(predictions).all(axis=1)
        if not is_finite.all():
            row = int(is_finite.argmin())
            raise ValueError(
                f"the prediction for sequence {row} is not finite: the network predicts "
                f"the logarithm {outputs[row].max():g}. Remove or clip extreme values of X."
            )
        return predictions if self.multioutput_ else predictions[:, 0]

    def score(self, X, y, sample_weight=None):
        """Return R2 of predictions.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs)
            The true targets.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weight of each sequence.

        Returns
        -------
        float
            At most 1; 0 for predicting the mean of y.
        """
        y = convert_numbers(y, "y")
        if sample_weight is not None:
            sample_weight = convert_numbers(sample_weight, "sample_weight")
        return super().score(X, y, sample_weight)

    def __sklearn_tags__(self):
        """Declare support for several targets."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _check_targets(self, y):
        """Validate y; return numbers (n,) or (n, n_outputs)."""
        y = check_array(
            y,
            ensure_2d=False,
            dtype=np.float64,
            ensure_min_samples=0,
            input_name="y",
        )
        if y.ndim > 2:
            raise ValueError(
                f"y has shape {y.shape}; expected (n_sequences,) or "
                "(n_sequences, n_outputs)."
            )
        check_magnitude("y", y)
        if self.loss == "poisson" and y.size and y.min() < 0:
            raise ValueError(
                f"loss='poisson' requires y >= 0, but y contains {y.min():g}. Use "
                "loss='squared_error'."
            )
        return y

    def _learn_targets(self, y, classes=None):
        """Set shape and scale of the targets."""
        self.multioutput_ = y.ndim == 2
        columns = y.reshape(len(y), -1)
        self.n_outputs_ = columns.shape[1]
        self.target_mean_ = np.zeros(self.n_outputs_)
        self.target_scale_ = np.ones(self.n_outputs_)
        if not LOSSES[self.loss].scales_targets:
            mean = columns.mean(axis=0)
            self.target_scale_ = np.where(mean > 0, mean, 1.0)
        elif self.scale:
            self.target_mean_ = columns.mean(axis=0)
            deviation = columns.std(axis=0)
            noise = 10 * np.finfo(np.float64).eps * np.abs(self.target_mean_)
            self.target_scale_ = np.where(deviation > noise, deviation, 1.0)

    def _check_restored(self):
        super()._check_restored()
        valid = self.multioutput_ or self.n_outputs_ == 1
        for numbers in (self.target_mean_, self.target_scale_):
            valid = valid and numbers.shape == (self.n_outputs_,)
        require(valid, "n_outputs_ does not fit the targets")

    def _encode_targets(self, y):
        """Return standardized targets."""
        columns = y.reshape(len(y), -1)
        if columns.shape[1] != self.n_outputs_:
            raise ValueError(
                f"y has {columns.shape[1]} targets, but the first fit saw "
                f"{self.n_outputs_}."
            )
        coded = (columns - self.target_mean_) / self.target_scale_
        return RowTargets(coded.astype(np.float32))

    def _export_outputs(self, graph, outputs):
        """Add decoding to an ONNX graph."""
        outputs = self.net_.criterion_.export_decode(graph, outputs)
        # Double precision, because a large mean would reduce the precision.
        outputs = graph.cast(outputs, np.float64)
        outputs = graph.add("Mul", outputs, graph.constant(self.target_scale_, np.float64))
        outputs = graph.add("Add", outputs, graph.constant(self.target_mean_, np.float64))
        shape = ["batch", self.n_outputs_]
        if not self.multioutput_:
            outputs, shape = graph.add("Squeeze", outputs, graph.integers(1)), ["batch"]
        graph.rename(outputs, "predictions")
        return {"predictions": (np.float64, shape)}

    def _make_loss(self):
        """Return the loss of outputs and standardized targets."""
        if self.loss == "quantile":
            return PinballLoss(self.quantile)
        return LOSSES[self.loss]()

    def _make_head(self, pooling):
        """Return a linear map of the pooled state."""
        return PooledHead(pooling, self.n_outputs_, self.dropout)

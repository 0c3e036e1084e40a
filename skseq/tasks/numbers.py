"""What the tasks that predict numbers share: losses, and the scale of the targets."""

from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval, StrOptions

from skseq.magnitudes import check_magnitude
from skseq.saved import is_finite, is_flag, is_positive, is_positive_count, require
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
class LossParameters:
    """The loss of predicted numbers."""

    loss: str = "squared_error"
    quantile: float = 0.5

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


class NumberTask(LossParameters, SequenceTask):
    """A task that predicts numbers."""

    # Errors are squared. Higher floors cost accuracy where targets are without noise.
    _loss_floor: ClassVar[float] = 0.003

    multioutput_: bool
    _predicts_numbers = True

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

    @property
    def coding_(self):
        """How outputs of the network are transformed to the scale of `y`."""
        loss = self.net_.criterion_
        return NumberCoding(self.target_mean_, self.target_scale_, loss)

    def _check_numbers(self, y):
        """Raise ValueError if targets are too large, or negative for a Poisson loss."""
        check_magnitude("y", y)
        if self.loss == "poisson" and y.size and y.min() < 0:
            raise ValueError(
                f"loss='poisson' requires y >= 0, but y contains {y.min():g}. Use "
                "loss='squared_error'."
            )

    def _learn_scale(self, columns):
        """Set the number and the scale of the targets (n, n_outputs)."""
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

    def _scale_targets(self, columns):
        """Return standardized targets (n, n_outputs) in float32."""
        if columns.shape[1] != self.n_outputs_:
            raise ValueError(
                f"y has {columns.shape[1]} targets, but the first fit saw "
                f"{self.n_outputs_}."
            )
        return ((columns - self.target_mean_) / self.target_scale_).astype(np.float32)

    def _decode_outputs(self, outputs):
        """Return predictions (n, n_outputs) of outputs in float64."""
        # The parameter may have changed since fit.
        decoded = self.net_.criterion_.decode(torch.from_numpy(outputs))
        return decoded.numpy() * self.target_scale_ + self.target_mean_

    def _decide(self, outputs):
        predictions = self._decode_outputs(outputs)
        is_finite = np.isfinite(predictions).all(axis=1)
        if not is_finite.all():
            row = int(is_finite.argmin())
            raise ValueError(
                f"the prediction for sequence {row} is not finite: the network predicts "
                f"the logarithm {outputs[row].max():g}. Remove or clip extreme values of X."
            )
        return predictions if self.multioutput_ else predictions[:, 0]

    def _check_restored(self):
        super()._check_restored()
        valid = self.multioutput_ or self.n_outputs_ == 1
        for numbers in (self.target_mean_, self.target_scale_):
            valid = valid and numbers.shape == (self.n_outputs_,)
        require(valid, "n_outputs_ does not fit the targets")

    def _export_outputs(self, graph, outputs):
        """Add decoding to an ONNX graph."""
        outputs = self.net_.criterion_.export_decode(graph, outputs)
        # Double precision, because a large mean would reduce the precision.
        outputs = graph.cast(outputs, np.float64)
        outputs = graph.add("Mul", outputs, graph.constant(self.target_scale_, np.float64))
        outputs = graph.add("Add", outputs, graph.constant(self.target_mean_, np.float64))
        shape = ["batch", self.n_outputs_]
        if not self.multioutput_:
            outputs, shape = graph.add("Squeeze", outputs, graph.integers(-1)), ["batch"]
        graph.rename(outputs, "predictions")
        return {"predictions": (np.float64, shape)}

    def _make_loss(self):
        """Return the loss of outputs and standardized targets."""
        if self.loss == "quantile":
            return PinballLoss(self.quantile)
        return LOSSES[self.loss]()

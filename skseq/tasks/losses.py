"""Losses of outputs and encoded targets, one number per sequence."""

from abc import ABC, abstractmethod

import torch
from sklearn.metrics import r2_score
from torch import nn
from torch.nn import functional as F


class Loss(nn.Module, ABC):
    """Base of all losses."""

    @abstractmethod
    def forward(self, outputs, targets, lengths=None):
        """Return the loss of each sequence: (batch,).

        Outputs of the head and encoded targets are (batch, ...), padded where targets are
        sequences; then `lengths` (batch,) has their numbers of targets, else it is None.
        """

    @abstractmethod
    def score(self, outputs, targets, lengths=None):
        """Return the score of outputs on the CPU; larger is better."""


class CrossEntropy(Loss):
    """Cross-entropy of one label: logits (batch, n_classes), targets (batch,)."""

    def forward(self, outputs, targets, lengths=None):
        return F.cross_entropy(outputs, targets, reduction="none")

    def score(self, outputs, targets, lengths=None):
        return float((outputs.argmax(dim=1) == targets).float().mean())


class BinaryCrossEntropy(Loss):
    """Binary cross-entropy: logits and targets (batch, n_labels)."""

    def forward(self, outputs, targets, lengths=None):
        losses = F.binary_cross_entropy_with_logits(outputs, targets, reduction="none")
        return losses.mean(dim=1)

    def score(self, outputs, targets, lengths=None):
        return float(((outputs > 0) == (targets > 0.5)).all(dim=1).float().mean())


class RegressionLoss(Loss):
    """A loss of outputs and targets (batch, n_outputs).

    Attributes
    ----------
    scales_targets : bool
        Whether targets are standardized for training. Otherwise they are divided by their
        mean.
    """

    scales_targets = True

    @abstractmethod
    def elementwise(self, outputs, targets):
        """Return the loss of each target: (batch, n_outputs)."""

    def forward(self, outputs, targets, lengths=None):
        return self.elementwise(outputs, targets).mean(dim=1)

    def decode(self, outputs):
        """Return predictions on the scale of the encoded targets."""
        return outputs

    def export_decode(self, graph, outputs):
        return outputs

    def score(self, outputs, targets, lengths=None):
        """Return R2, or NaN where it is undefined."""
        if len(targets) < 2:
            return float("nan")
        return float(r2_score(targets.numpy(), self.decode(outputs).numpy()))


class SquaredError(RegressionLoss):
    """Half the squared error, minimized by the mean."""

    def elementwise(self, outputs, targets):
        return 0.5 * (outputs - targets) ** 2


class AbsoluteError(RegressionLoss):
    """The absolute error, minimized by the median."""

    def elementwise(self, outputs, targets):
        return (outputs - targets).abs()


class HuberError(RegressionLoss):
    """The squared error below one standard deviation of y, absolute above."""

    def elementwise(self, outputs, targets):
        return F.huber_loss(outputs, targets, reduction="none")


class PoissonDeviance(RegressionLoss):
    """The Poisson deviance, minimized by the mean.

    The network predicts the logarithm of the mean. Targets are divided by their mean over
    the training data, so the first predictions are about this mean. The unit of the targets
    only scales the deviance.
    """

    scales_targets = False

    def elementwise(self, outputs, targets):
        return F.poisson_nll_loss(outputs, targets, log_input=True, reduction="none")

    def decode(self, outputs):
        return outputs.exp()

    def export_decode(self, graph, outputs):
        return graph.add("Exp", outputs)


class PinballLoss(RegressionLoss):
    """The pinball loss, minimized by a quantile (Koenker & Bassett, 1978).

    Parameters
    ----------
    quantile : float
        The quantile, between 0 and 1.
    """

    def __init__(self, quantile):
        super().__init__()
        self.quantile = quantile

    def elementwise(self, outputs, targets):
        error = targets - outputs
        return torch.maximum(self.quantile * error, (self.quantile - 1) * error)

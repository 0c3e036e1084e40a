"""Losses: outputs and coded targets in, one number a sequence out."""

import torch
from sklearn.metrics import r2_score
from torch import nn
from torch.nn import functional as F


class CrossEntropy(nn.Module):
    """Classification of one label: logits (batch, n_classes), targets (batch,)."""

    def forward(self, outputs, targets):
        """Return (batch,)."""
        return F.cross_entropy(outputs, targets, reduction="none")

    def score(self, outputs, targets):
        """Return the accuracy."""
        return float((outputs.argmax(dim=1) == targets).float().mean())


class BinaryCrossEntropy(nn.Module):
    """Classification of yes or no: logits and targets (batch, n_labels)."""

    def forward(self, outputs, targets):
        """Return (batch,)."""
        losses = F.binary_cross_entropy_with_logits(outputs, targets, reduction="none")
        return losses.mean(dim=1)

    def score(self, outputs, targets):
        """Return the share of sequences with all labels right."""
        return float(((outputs > 0) == (targets > 0.5)).all(dim=1).float().mean())


class RegressionLoss(nn.Module):
    """A loss of outputs and targets (batch, n_outputs).

    Attributes
    ----------
    scales_targets : bool
        Whether targets are standardised for training.
    """

    scales_targets = True

    def forward(self, outputs, targets):
        """Return (batch,)."""
        return self.elementwise(outputs, targets).mean(dim=1)

    def decode(self, outputs):
        """Return what the outputs predict, on the scale of the coded targets."""
        return outputs

    def export_decode(self, graph, outputs):
        """Add what `decode` does to an ONNX graph."""
        return outputs

    def score(self, outputs, targets):
        """Return R2, NaN where it is undefined."""
        if len(targets) < 2:
            return float("nan")
        return float(r2_score(targets.numpy(), self.decode(outputs).numpy()))


class SquaredError(RegressionLoss):
    """Half the squared error; its best answer is the mean."""

    def elementwise(self, outputs, targets):
        """Return (batch, n_outputs)."""
        return 0.5 * (outputs - targets) ** 2


class AbsoluteError(RegressionLoss):
    """The absolute error; its best answer is the median."""

    def elementwise(self, outputs, targets):
        """Return (batch, n_outputs)."""
        return (outputs - targets).abs()


class HuberError(RegressionLoss):
    """Squared for errors below one standard deviation of y, absolute above."""

    def elementwise(self, outputs, targets):
        """Return (batch, n_outputs)."""
        return F.huber_loss(outputs, targets, reduction="none")


class PoissonDeviance(RegressionLoss):
    """Counts: the network gives the logarithm of their expectation."""

    scales_targets = False

    def elementwise(self, outputs, targets):
        """Return (batch, n_outputs)."""
        return F.poisson_nll_loss(outputs, targets, log_input=True, reduction="none")

    def decode(self, outputs):
        """Return the expectation."""
        return outputs.exp()

    def export_decode(self, graph, outputs):
        """Add the exponential."""
        return graph.add("Exp", outputs)


class PinballLoss(RegressionLoss):
    """The loss whose best answer is a quantile (Koenker & Bassett, 1978).

    Parameters
    ----------
    quantile : float
        Which one, between 0 and 1.
    """

    def __init__(self, quantile):
        super().__init__()
        self.quantile = quantile

    def elementwise(self, outputs, targets):
        """Return (batch, n_outputs)."""
        error = targets - outputs
        return torch.maximum(self.quantile * error, (self.quantile - 1) * error)

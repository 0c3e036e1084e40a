"""Losses of outputs for each step: sums over the labeled steps of each sequence."""

import torch

from skseq.networks.masks import step_mask
from skseq.tasks.losses import Loss


class StepLoss(Loss):
    """The weighted sum of a loss over the steps of each sequence.

    Outputs are (batch, time, n_outputs). Targets, float32 of shape (batch, time, 1 + n),
    have the weight of each step in front, which is 0 where the target is unknown, and then
    the encoded target. A sum, not a mean, so that every step counts equally, whatever the
    length of its sequence.

    Parameters
    ----------
    loss : Loss
        The loss of the outputs and the target of one step.
    """

    def __init__(self, loss):
        super().__init__()
        self.loss = loss

    def read_targets(self, targets):
        """Return encoded targets (n, ...) as the loss of one step expects them."""
        return targets

    def forward(self, outputs, targets, lengths=None):
        weights, targets = targets[:, :, 0], targets[:, :, 1:]
        if lengths is not None:
            weights = weights * step_mask(lengths, weights.shape[1])
        outputs = outputs[:, : targets.shape[1]]  # prediction batches have more padding
        losses = self.loss(
            outputs.flatten(0, 1), self.read_targets(targets.flatten(0, 1))
        )  # (batch * time,)
        return (losses.view_as(weights) * weights).sum(dim=1)

    def score(self, outputs, targets, lengths=None):
        """Return the score of one step's loss over all labeled steps."""
        is_counted = targets[:, :, 0] > 0
        if lengths is not None:
            is_counted &= step_mask(lengths.cpu(), targets.shape[1])
        outputs = outputs[:, : targets.shape[1]][is_counted]
        return self.loss.score(outputs, self.read_targets(targets[:, :, 1:][is_counted]))


class StepClassLoss(StepLoss):
    """A loss of the position of a class, for logits (batch, time, n_classes)."""

    def read_targets(self, targets):
        """Return positions of classes: int64 (n,)."""
        return targets[:, 0].to(torch.int64)


class StepNumberLoss(StepLoss):
    """A loss of numbers, a :class:`skseq.tasks.losses.RegressionLoss`."""

    def decode(self, outputs):
        """Return predictions on the scale of the encoded targets."""
        return self.loss.decode(outputs)

    def export_decode(self, graph, outputs):
        """Add the decoding to an ONNX graph; return the name of the predictions."""
        return self.loss.export_decode(graph, outputs)

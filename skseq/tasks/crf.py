"""The loss of a linear-chain conditional random field."""

import torch

from skseq.networks import best_path, log_normalizer, score_labels, unpack_chain
from skseq.tasks.losses import Loss

UNLABELED = -1


class CRFLoss(Loss):
    """The negative log likelihood of the labels of each sequence.

    Outputs are those of :class:`skseq.networks.CRFHead`. Targets (batch, time) are positions
    of classes, or -1 at steps without a label. The likelihood of a partly labeled sequence
    is the sum over all labels of the other steps (Tsuboi et al., 2008,
    https://aclanthology.org/C08-1113); without any label its loss is 0.
    """

    def forward(self, outputs, targets, lengths=None):
        chain, lengths = self._unpack(outputs, targets, lengths)
        total = log_normalizer(chain, lengths)
        is_labeled = targets != UNLABELED
        if is_labeled.all():
            return total - score_labels(chain, targets, lengths)
        classes = torch.arange(outputs.shape[2], device=targets.device)
        allowed = (targets[:, :, None] == classes) | ~is_labeled[:, :, None]
        return total - log_normalizer(chain, lengths, allowed)

    def score(self, outputs, targets, lengths=None):
        """Return the share of correct labels among the labeled steps; NaN without any."""
        chain, lengths = self._unpack(outputs, targets, lengths)
        real = torch.arange(targets.shape[1]) < lengths[:, None]
        counted = real & (targets != UNLABELED)
        correct = best_path(chain, lengths) == targets
        return float(correct[counted].double().mean())

    def _unpack(self, outputs, targets, lengths):
        """Return the scores of the steps of the targets, and the lengths, never None."""
        chain = unpack_chain(outputs)
        chain = chain._replace(emissions=chain.emissions[:, : targets.shape[1]])
        if lengths is None:
            lengths = torch.full(targets.shape[:1], targets.shape[1], device=targets.device)
        return chain, lengths

"""The loss of a linear-chain conditional random field."""

import numpy as np
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


def count_transitions(targets, weights, n_classes):
    """Return how often each label follows another: (n_classes + 1, n_classes + 1).

    Rows are labels and the start of sequences, columns the next labels and their end. Pairs
    with an unlabeled step do not count. The labels of a sequence count `weights`
    (n_sequences,) times, divided by the mean over all steps.
    """
    lengths = targets.lengths
    if weights is None:
        weights = np.ones(len(lengths))
    weights = weights.astype(np.float64)
    shares = weights / (weights @ lengths / lengths.sum())
    owners = np.repeat(np.arange(len(lengths)), lengths)
    ends = np.cumsum(lengths)
    steps = np.arange(lengths.sum()) + (targets.starts - ends + lengths)[owners]
    labels = targets.values[steps]
    is_last = np.zeros(len(steps), dtype=bool)
    is_last[ends - 1] = True
    following = np.where(is_last, n_classes, np.append(labels[1:], n_classes))
    before = np.concatenate([labels, np.full(len(lengths), n_classes)])
    after = np.concatenate([following, labels[ends - lengths]])
    shares = np.concatenate([shares[owners], shares])
    counted = (before != UNLABELED) & (after != UNLABELED)
    size = n_classes + 1
    pairs = before[counted] * size + after[counted]
    counts = np.bincount(pairs, shares[counted], minlength=size**2)
    return counts.reshape(size, size)

"""Outlier detection: each step of a sequence is forecast from the steps before it."""

from typing import Any, ClassVar

import numpy as np
import torch

from skseq.networks import StepHead
from skseq.networks.masks import step_mask
from skseq.sequences import SequenceTargets
from skseq.tasks.base import SequenceTask
from skseq.tasks.coding import NumberCoding
from skseq.tasks.losses import Loss, SquaredError


class NextStepLoss(Loss):
    """Half the squared errors of all forecasts of a sequence, as a mean over features.

    Outputs and targets are (batch, time, n_features). Targets are NaN where they are
    unknown: after the last step, and where a value is missing. The loss is a sum over
    steps, so that every step counts equally, whatever the length of its sequence.
    """

    def forward(self, outputs, targets, lengths=None):
        outputs = outputs[:, : targets.shape[1]]  # prediction batches have more padding
        is_known = find_known(targets, lengths)
        errors = torch.where(is_known, outputs - targets.nan_to_num(), 0.0)
        return 0.5 * (errors**2).sum(dim=(1, 2)) / targets.shape[2]

    def decode(self, outputs):
        """Return predictions on the scale of the encoded targets."""
        return outputs

    def score(self, outputs, targets, lengths=None):
        """Return R2 over all known values."""
        is_known = find_known(targets, lengths)
        outputs = outputs[:, : targets.shape[1]][is_known]
        return SquaredError().score(outputs, targets[is_known])


def find_known(targets, lengths):
    """Return whether each target is known and not padding: (batch, time, n_features)."""
    is_known = ~torch.isnan(targets)
    if lengths is not None:
        is_known &= step_mask(lengths.to(targets.device), targets.shape[1])[:, :, None]
    return is_known


class OutlierDetection(SequenceTask):
    """The task of outlier detectors: the target of a step is the next step."""

    # A forecast must not depend on the step that it forecasts.
    _is_causal: ClassVar[bool] = True

    # Statistics of states and errors tell sequences apart after few updates.
    _target_updates: ClassVar[int] = 400
    # As of regressors: errors are squared.
    _loss_floor: ClassVar[float] = 0.003

    # The fitted conversion of features, which the template sets.
    scaler_: Any

    _notes: ClassVar[str] = """
The network learns, without labels, to forecast each step from the steps before it. A sequence is
then described by the mean and the standard deviation of its hidden states and of its
standardized forecast errors, by its mean error and its largest error in a short part, and by its
length. Its score is minus the mean distance to the most similar training sequences.

Training data may contain some outliers. Both `predict(X)` for the training data, which is the
same as `fit_predict(X)`, and `predict` for new sequences are possible:
:class:`~sklearn.neighbors.LocalOutlierFactor` needs `novelty=True` for new data only because a
training sample is its own neighbor there. Here, a training sequence is not compared with itself,
so its score is that of a new sequence. A new sequence that equals a training sequence gets the
score of the latter."""

    _example: ClassVar[str] = """
>>> import numpy as np
>>> from skseq import {name}
>>> rng = np.random.default_rng(0)
>>> def make_waves(n, period):
...     times = [np.arange(rng.integers(20, 40)) + rng.uniform(0, period) for _ in range(n)]
...     return [np.sin(2 * np.pi * t / period) + rng.normal(0, 0.1, len(t)) for t in times]
>>> X = make_waves(60, period=10)
>>> detector = {name}(random_state=0).fit(X)
>>> detector.predict(make_waves(2, period=4)).tolist()
[-1, -1]

Low scores are abnormal. `step_scores` says which steps differ from their forecast:

>>> broken = X[0].copy()
>>> broken[7] += 3
>>> bool(detector.score_samples([broken])[0] < detector.score_samples(X[:1])[0])
True
>>> int(np.argmin(detector.step_scores([broken])[0]))
7
"""

    @property
    def coding_(self):
        """How outputs of the network are transformed to the scale of X."""
        numeric = self.scaler_.numeric
        return NumberCoding(numeric.mean, numeric.scale, self.net_.criterion_)

    def _check_targets(self, y):
        """Return y, which is ignored."""
        return y

    def _learn_targets(self, y, classes=None):
        """Do nothing: the targets are the inputs."""
        return

    def _encode_targets(self, y):
        """Return the scaled values (n_steps_total, n_features) of the step after each.

        `y` are the :class:`skseq.Sequences` of X.
        """
        numeric = self.scaler_.numeric
        parts = []
        for _, chunk in y.chunks():
            parts.append(((chunk - numeric.mean) / numeric.scale).astype(np.float32))
        values = np.concatenate(parts)
        values[:-1] = values[1:]
        ends = np.cumsum(y.lengths)
        values[ends - 1] = np.nan
        return SequenceTargets(values, ends - y.lengths, y.lengths)

    def _make_head(self, encoder, token_steps):
        """Return a linear map of every state to the next step."""
        return StepHead(encoder.width, self._count_outputs(), token_steps, self.dropout)

    def _count_outputs(self):
        """Return the number of features of a step."""
        return self.scaler_.numeric.n_stored

    def _make_loss(self):
        return NextStepLoss()

    def _decide(self, outputs):
        """Return forecasts of the next step on the scale of X."""
        numeric = self.scaler_.numeric
        return outputs * numeric.scale + numeric.mean

    def _export_outputs(self, graph, outputs):
        raise TypeError(
            f"{type(self).__name__} cannot be exported to ONNX: scores depend on distances "
            "to the training sequences. Use save, or pickle."
        )

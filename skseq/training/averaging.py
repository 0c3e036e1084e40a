"""A running average of the weights during training."""

import contextlib

import torch

# Decay of old weights: the average lags behind by a tenth of the updates so far.
DECAY = 8


class WeightAverage:
    """Average the weights over the latest updates.

    At a high learning rate, weights oscillate around the point to which they would
    converge. Early stopping ends training in this phase. Averaging has the effect of the
    small updates at its end, which are skipped (Polyak & Juditsky, 1992; Izmailov et al.,
    2018, https://arxiv.org/abs/1803.05407).

    After t updates, the newest weights have the weight (k + 1) / (t + k) with k = 8
    (polynomial-decay averaging: Shamir & Zhang, 2013, https://arxiv.org/abs/1212.1824).

    Parameters
    ----------
    module : torch.nn.Module
        The module whose weights and running statistics are averaged.
    """

    def __init__(self, module):
        self.module = module
        self.n_updates = 0
        self.weights = self.copy_weights()

    def update(self):
        """Add the current weights to the average."""
        self.n_updates += 1
        share = (DECAY + 1) / (self.n_updates + DECAY)
        present = self.module.state_dict()
        names = [name for name, w in present.items() if w.is_floating_point()]
        torch._foreach_lerp_(
            [self.weights[name] for name in names], [present[name] for name in names], share
        )

    @contextlib.contextmanager
    def in_place(self):
        """Use the averaged weights within a block."""
        trained = self.copy_weights()
        self.module.load_state_dict(self.weights)
        try:
            yield
        finally:
            self.module.load_state_dict(trained)

    def copy_weights(self):
        """Return a copy of the current weights, by name."""
        return {name: w.detach().clone() for name, w in self.module.state_dict().items()}

"""A running average of the weights, beside the ones that are trained."""

import contextlib

import torch

# How fast the past fades: the average lags behind by a tenth of the updates so far.
FADING = 8


class WeightAverage:
    """Average the weights over the latest updates.

    While the learning rate is high, weights jump around the place that they would settle
    at. Early stopping takes a model from just that part of training; the average gives
    it the small last steps that it never made (Polyak & Juditsky, 1992; Izmailov et
    al., 2018, https://arxiv.org/abs/1803.05407).

    After t updates the newest weights count for (k + 1) / (t + k), so that the window
    grows with training and needs no length of its own: the polynomial-decay average of
    Shamir & Zhang (2013, https://arxiv.org/abs/1212.1824), with k = 8.

    Parameters
    ----------
    module : torch.nn.Module
        Whose weights, and running statistics, are averaged.
    """

    def __init__(self, module):
        self.module = module
        self.n_updates = 0
        self.weights = self.copy_weights()

    def update(self):
        """Take in the present weights."""
        self.n_updates += 1
        share = (FADING + 1) / (self.n_updates + FADING)
        present = self.module.state_dict()
        names = [name for name, w in present.items() if w.is_floating_point()]
        torch._foreach_lerp_(
            [self.weights[name] for name in names], [present[name] for name in names], share
        )

    @contextlib.contextmanager
    def in_place(self):
        """Let the module have the averaged weights within a block."""
        trained = self.copy_weights()
        self.module.load_state_dict(self.weights)
        try:
            yield
        finally:
            self.module.load_state_dict(trained)

    def copy_weights(self):
        """Return the module's present weights, by name."""
        return {name: w.detach().clone() for name, w in self.module.state_dict().items()}

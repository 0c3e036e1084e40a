"""A running average of the weights during training."""

import contextlib

import torch

from skseq.training.sparse import touched_rows
from skseq.training.state import check_weights

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

    An update with a sparse gradient costs as much as the rows of the gradient. The average
    of the other rows, whose weights stay constant, is computed in closed form before they
    change or are read.

    Parameters
    ----------
    module : torch.nn.Module
        The module whose weights and running statistics are averaged.
    """

    def __init__(self, module):
        self.module = module
        self.n_updates = 0
        self.weights = self.copy_weights()
        self._parameters = dict(module.named_parameters(remove_duplicate=False))
        # Name of a parameter with sparse gradients -> number of updates in the average of
        # each row, (n_rows,).
        self._ages = {}

    @contextlib.contextmanager
    def record(self):
        """Add the weights that an update within the block makes to the average.

        The gradients of the update are set before the block, and sparse ones are merged.
        """
        touched = self._complete_touched()
        yield
        self.n_updates += 1
        share = (DECAY + 1) / (self.n_updates + DECAY)
        present = self.module.state_dict()
        pairs = [
            (self.weights[name], w)
            for name, w in present.items()
            if w.is_floating_point() and name not in self._ages
        ]
        if pairs:
            torch._foreach_lerp_(*zip(*pairs, strict=True), share)
        for name, (rows, average) in touched.items():
            average.lerp_(present[name].index_select(0, rows), share)
            self._store(name, rows, average)

    def complete(self):
        """Add the missing updates to the average of all rows."""
        for name in self._ages:
            self._complete_all(name)

    def _complete_touched(self):
        """Return the rows that the next update touches, and their complete average, by name.

        Where the gradient of a parameter is dense now, its average becomes complete.
        """
        touched = {}
        for name, parameter in self._parameters.items():
            gradient = parameter.grad
            if gradient is None:
                continue
            if gradient.is_sparse:
                if name not in self._ages:
                    size, device = (len(parameter),), parameter.device
                    self._ages[name] = torch.full(size, self.n_updates, device=device)
                rows = touched_rows(gradient)
                touched[name] = rows, self._compute_rows(name, rows)
            elif name in self._ages:
                self._complete_all(name)
                del self._ages[name]
        return touched

    def _complete_all(self, name):
        """Add the missing updates to the average of all rows of a parameter."""
        ages = self._ages[name]
        rows = torch.arange(len(ages), device=ages.device)
        self._store(name, rows, self._compute_rows(name, rows))

    def _compute_rows(self, name, rows):
        """Return the complete average of rows, whose weights the missing updates kept."""
        average = self.weights[name].index_select(0, rows)
        if self.n_updates == 0:
            return average
        weight = self._parameters[name].detach().index_select(0, rows)
        shares = find_remaining_share(
            self._ages[name].index_select(0, rows), self.n_updates
        )
        return torch.lerp(weight, average, shares.to(weight.dtype)[:, None])

    def _store(self, name, rows, average):
        """Set the complete average of rows."""
        self.weights[name].index_copy_(0, rows, average)
        self._ages[name].index_fill_(0, rows, self.n_updates)

    @contextlib.contextmanager
    def in_place(self):
        """Use the averaged weights within a block."""
        self.complete()
        trained = self.copy_weights()
        self.module.load_state_dict(self.weights)
        try:
            yield
        finally:
            self.module.load_state_dict(trained)

    def copy_weights(self):
        """Return a copy of the current weights, by name."""
        return {name: w.detach().clone() for name, w in self.module.state_dict().items()}

    def state_dict(self):
        """Return the state as plain values and tensors."""
        self.complete()
        return {"n_updates": self.n_updates, "weights": self.weights}

    def load_state_dict(self, state):
        """Set the state; raise ValueError if it does not fit the module."""
        check_weights(self.module, state["weights"])
        self.weights = {
            name: w.to(self.weights[name].device) for name, w in state["weights"].items()
        }
        self.n_updates = state["n_updates"]
        self._ages = {}


def find_remaining_share(ages, n_updates):
    """Return the share of the averages after `ages` updates in those after `n_updates`.

    An update number i leaves the share 1 - (k + 1) / (i + k) = (i - 1) / (i + k) of the
    average before it. Most factors of the product over i cancel:
    a (a + 1) ... (a + k) / (n (n + 1) ... (n + k)).
    """
    k = torch.arange(DECAY + 1, device=ages.device)
    return ((ages[:, None] + k) / (n_updates + k)).prod(dim=1)

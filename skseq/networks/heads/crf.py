"""The head of a linear-chain conditional random field."""

import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks.dropout import Dropout
from skseq.networks.heads.base import Head
from skseq.networks.heads.chains import Chain, best_path, log_marginals, pack_chain
from skseq.networks.heads.collecting import collect_steps
from skseq.networks.heads.exported_chains import ExportedChain
from skseq.networks.kernels.linear import Linear
from skseq.networks.layers import Layer, count_matrix_elements
from skseq.networks.precision import without_autocast

# Added to the counts of transitions, so that none is impossible. With 1, networks predicted
# some transitions that never occur in CoNLL-2000, with 0.1 none.
ADDED_COUNT = 0.1


class CRFHead(Head):
    """A linear-chain conditional random field over the labels of all steps.

    The score of a sequence of labels is the sum of a linear map of each state, and of a
    learned score of each transition between adjacent labels, of the first label and of the
    last (Lafferty et al., 2001, https://repository.upenn.edu/cis_papers/159; on top of a
    recurrent network, Huang et al., 2015, https://arxiv.org/abs/1508.01991). Initially, all
    transitions have the same score; `set_transitions` sets them from counts.

    Parameters
    ----------
    width : int
        Size of the states of the encoder.
    n_classes : int
        Number of labels.
    dropout : float, default=0.0
        Dropout on the states during training.
    """

    has_transitions = True

    def __init__(self, width, n_classes, dropout=0.0):
        super().__init__()
        self.pooled_width = width
        self.n_classes = n_classes
        self.dropout = Dropout(dropout)
        self.linear = Linear(width, n_classes)
        self.transitions = nn.Parameter(torch.zeros(n_classes, n_classes))  # (from, to)
        self.first = nn.Parameter(torch.zeros(n_classes))
        self.last = nn.Parameter(torch.zeros(n_classes))

    @torch.no_grad()
    def set_transitions(self, counts):
        """Set the scores of transitions from counts (n_classes + 1, n_classes + 1).

        The score is the logarithm of the share of the next label (column) after a label
        (row). The last row is the start of sequences, the last column their end. So
        transitions that never occur have low scores from the first update on.
        """
        counts = counts.to(torch.float64) + ADDED_COUNT
        scores = (counts / counts.sum(dim=1, keepdim=True)).log()
        self.transitions.copy_(scores[:-1, :-1])
        self.first.copy_(scores[-1, :-1])
        self.last.copy_(scores[:-1, -1])

    def forward(self, states, lengths=None, x=None):
        """Return all scores: (batch, n_classes + 2 + time, n_classes).

        The first rows of each sequence are the transitions (from row to column), the scores
        of the first label, and of the last. Then follow the scores of the labels of each
        step. :func:`skseq.networks.heads.chains.unpack_chain` separates them.
        """
        return pack_chain(self._score(states))

    def decode(self, states, lengths=None):
        """Return the most likely sequence of labels, (batch, time): Viterbi algorithm."""
        return best_path(self._score(states), fill_lengths(states, lengths))

    def marginals(self, states, lengths=None):
        """Return the log probability of each label at each step: (batch, time, n_classes)."""
        return log_marginals(self._score(states), fill_lengths(states, lengths))

    def initial_state(self, batch_size):
        """Return the scores before the first step: log sums, and best scores of paths."""
        first = self.first.expand(batch_size, -1)
        return first, first

    def make_step(self):
        """Return `step`."""
        return self.step

    def step(self, h_t, state):
        """Return position and log probabilities of the last label, and the next state.

        They are (batch, 1 + n_classes): the last label that `decode` returns for the steps
        so far, and the last `marginals`.
        """
        before, best = state  # (batch, n_classes)
        emissions = F.linear(h_t, self.linear.weight, self.linear.bias)
        scores = (before + emissions).log_softmax(dim=1)
        best = best + emissions
        best = best - best.amax(dim=1, keepdim=True)
        label = (best + self.last).argmax(dim=1, keepdim=True)
        marginals = (scores + self.last).log_softmax(dim=1)
        before = (scores[:, :, None] + self.transitions).logsumexp(dim=1)
        best = (best[:, :, None] + self.transitions).amax(dim=1)
        return torch.cat([label.to(marginals.dtype), marginals], dim=1), (before, best)

    def pool(self, states, lengths=None):
        """Raise TypeError, because the states of the steps are not pooled."""
        raise TypeError("CRFHead has one output for each step and pools no states.")

    def collect(self, parts, n):
        """Return the scores of each sequence, (n_classes + 2 + length, n_classes)."""
        extra = self.n_classes + 2
        longer = (
            (rows, outputs, None if lengths is None else lengths + extra)
            for rows, outputs, lengths in parts
        )
        return collect_steps(longer, n)

    def describe(self, n_tokens):
        """Return the layers: transitions and linear map."""
        scores = [self.transitions, self.first, self.last]
        flops = 2 * n_tokens * count_matrix_elements(self.linear)
        shape = (n_tokens, self.n_classes)
        module = nn.ParameterList(scores)
        # The transitions are summed over n_classes ** 2 pairs of labels at each step.
        passes = 2 * n_tokens * self.n_classes**2
        return [
            Layer("transitions", "LinearChain", shape, [module], passes),
            Layer("head", "Linear", shape, [self.linear], flops),
        ]

    def export(self, graph, steps):
        """Add the head to an ONNX graph; return the name of labels and probabilities.

        Outputs are (batch, time, 1 + n_classes): the position of the label that `decode`
        returns, and the log probabilities of `marginals`. Those of padding are arbitrary.
        """
        emissions = self.linear.export(graph, steps.x)
        chain = Chain(self.transitions, self.first, self.last, None)
        return ExportedChain(graph, chain, emissions, steps).export()

    def _score(self, states):
        """Return the scores of states, a :class:`Chain`."""
        states = self.dropout(states)
        # Autocast would round the scores to bfloat16.
        with without_autocast(states.device):
            emissions = self.linear(states.to(self.linear.weight.dtype))
        return Chain(self.transitions, self.first, self.last, emissions)


def fill_lengths(states, lengths):
    """Return lengths (batch,), also if no step is padding."""
    if lengths is not None:
        return lengths
    return torch.full((len(states),), states.shape[1], device=states.device)

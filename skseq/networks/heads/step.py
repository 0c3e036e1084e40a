"""The head of step estimators: outputs for each step."""

from torch.nn import functional as F

from skseq.networks.dropout import Dropout
from skseq.networks.heads.base import Head
from skseq.networks.heads.collecting import collect_steps
from skseq.networks.kernels.linear import Linear
from skseq.networks.layers import Layer, count_matrix_elements
from skseq.networks.precision import without_autocast


class StepHead(Head):
    """A linear map of every state.

    If several steps became one token, it maps the state of a token to the outputs of all
    of its steps, so that every step has outputs of its own.

    Parameters
    ----------
    width : int
        Size of the states.
    n_outputs : int
        Number of outputs of a step.
    token_steps : int, default=1
        Number of steps of a token.
    dropout : float, default=0.0
        Dropout on the states during training.
    """

    def __init__(self, width, n_outputs, token_steps=1, dropout=0.0):
        super().__init__()
        self.pooled_width = width
        self.n_outputs = n_outputs
        self.token_steps = token_steps
        self.dropout = Dropout(dropout)
        self.linear = Linear(width, token_steps * n_outputs)

    def forward(self, states, lengths, x):
        """Map states (batch, n_tokens, width) to outputs (batch, time, n_outputs)."""
        states = self.dropout(states)
        # Autocast would round the outputs to bfloat16.
        with without_autocast(states.device):
            outputs = self.linear(states.to(self.linear.weight.dtype))
        if self.token_steps == 1:
            return outputs
        outputs = outputs.reshape(len(outputs), -1, self.n_outputs)
        return outputs[:, : x.shape[1]]  # the last token may have fewer steps

    def initial_state(self, batch_size):
        """Return an empty tuple."""
        return ()

    def make_step(self):
        """Return a function that reads one step, which is a token; see :class:`Head`."""
        weight, bias = self.linear.weight, self.linear.bias
        return lambda h_t, state: (F.linear(h_t, weight, bias), state)

    def collect(self, parts, n):
        """Return the outputs of each sequence: a list of tensors (length, n_outputs)."""
        return collect_steps(parts, n)

    def describe(self, n_tokens):
        """Return the linear map."""
        flops = 2 * n_tokens * count_matrix_elements(self.linear)
        shape = (n_tokens * self.token_steps, self.n_outputs)
        return [Layer("head", "Linear", shape, [self.linear], flops)]

    def export(self, graph, steps):
        """Add the linear map to an ONNX graph; return the name of the outputs.

        Their number of steps is that of the longest sequence, rounded up to whole tokens.
        """
        outputs = self.linear.export(graph, steps.x)
        if self.token_steps == 1:
            return outputs
        return graph.add("Reshape", outputs, graph.integers(0, -1, self.n_outputs))

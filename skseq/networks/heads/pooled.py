"""The head of classifiers and regressors: one output vector for each sequence."""

from torch.nn import functional as F

from skseq.networks.heads.base import PoolingHead
from skseq.networks.heads.collecting import collect_rows
from skseq.networks.kernels.linear import Linear
from skseq.networks.layers import Layer, count_matrix_elements
from skseq.networks.precision import without_autocast


class PooledHead(PoolingHead):
    """A linear map of the pooled state.

    Parameters
    ----------
    pooling : Pooling
        Maps states and lengths to (batch, pooled_width).
    n_outputs : int
        Size of the output.
    dropout : float, default=0.0
        Dropout on the pooled state during training.
    """

    def __init__(self, pooling, n_outputs, dropout=0.0):
        super().__init__(pooling, dropout)
        self.linear = Linear(pooling.width, n_outputs)

    def forward(self, states, lengths=None, x=None):
        """Map states (batch, n_tokens, width) to outputs (batch, n_outputs)."""
        pooled = self.dropout(self.pool(states, lengths))
        # Autocast would round the outputs to bfloat16.
        with without_autocast(pooled.device):
            return self.linear(pooled.to(self.linear.weight.dtype))

    def initial_state(self, batch_size):
        """Return the state of the pooling before the first step."""
        return self.pooling.initial_state(batch_size, self.linear.weight.device)

    def make_step(self):
        """Return a function that reads one step; see :class:`Head`."""
        pool, weight, bias = self.pooling.step, self.linear.weight, self.linear.bias

        def step(h_t, state):
            pooled, state = pool(h_t, state)
            return F.linear(pooled, weight, bias), state

        return step

    def collect(self, parts, n):
        """Return the outputs of all batches in the order of the data: (n, n_outputs)."""
        return collect_rows(parts, n)

    def describe(self, n_tokens):
        """Return the layers: pooling and linear map."""
        flops = 2 * count_matrix_elements(self.linear)
        shape = (self.linear.out_features,)
        head = Layer("head", "Linear", shape, [self.linear], flops)
        return [*super().describe(n_tokens), head]

    def export(self, graph, steps):
        """Add pooling and linear map to an ONNX graph; return the name of the outputs."""
        return self.linear.export(graph, self.pooling.export(graph, steps))

"""The recurrent architectures: vanilla RNN, LSTM, GRU."""

from typing import ClassVar

from torch import nn

from skseq.architectures.parameters import (
    ArchitectureParameters,
    RecurrentParameters,
    RNNParameters,
)
from skseq.networks import RecurrentEncoder


class Recurrence(RecurrentParameters, ArchitectureParameters):
    """A stack of recurrent layers of some cell."""

    _cell: type

    def build(self, n_features):
        """Return a recurrent network.

        Parameters
        ----------
        n_features : int
            Features of its input.

        Returns
        -------
        skseq.networks.RecurrentEncoder
            Maps (batch, time, n_features) to (batch, time, width).
        """
        return RecurrentEncoder(
            self._cell,
            n_features,
            self.hidden_size,
            num_layers=self.num_layers,
            bidirectional=self.bidirectional,
            dropout=self.dropout,
            **self._cell_options(),
        )

    def _cell_options(self):
        return {}


class RNNArchitecture(RNNParameters, Recurrence):
    """A vanilla recurrent network (Elman, 1990)."""

    _notes: ClassVar[str] = """
The simplest memory: a hidden state that is carried from step to step (Elman, 1990). In
backpropagation through time its gradients vanish or explode, so it forgets distant steps.
Patches shorten the distance. Prefer an LSTM or a GRU, except to study this effect."""

    _cell = nn.RNN

    def _cell_options(self):
        return {"nonlinearity": self.activation}


class LSTMArchitecture(Recurrence):
    """Long short-term memory (Hochreiter & Schmidhuber, 1997)."""

    _notes: ClassVar[str] = """
Gates decide what a cell keeps, adds and outputs, and let the gradient pass unchanged
through many steps (Hochreiter & Schmidhuber, 1997)."""

    _cell = nn.LSTM


class GRUArchitecture(Recurrence):
    """Gated recurrent units (Cho et al., 2014)."""

    _notes: ClassVar[str] = """
Like an LSTM with two gates instead of three and no separate cell (Cho et al., 2014):
fewer parameters, often equal accuracy."""

    _cell = nn.GRU

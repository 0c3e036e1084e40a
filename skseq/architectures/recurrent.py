"""The recurrent architectures: vanilla RNN, LSTM and GRU."""

from typing import ClassVar

from torch import nn

from skseq.architectures.parameters import (
    ArchitectureParameters,
    RecurrentParameters,
    RNNParameters,
)
from skseq.networks import RecurrentEncoder


class RecurrentArchitecture(RecurrentParameters, ArchitectureParameters):
    """Recurrent layers of one kind of cell, which subclasses set."""

    _cell: type
    _causal_parameters: ClassVar[dict] = {"bidirectional": False}

    def build(self, n_features):
        """Return a recurrent encoder.

        Parameters
        ----------
        n_features : int
            Number of features of its input.

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
            **self._get_cell_options(),
        )

    def _get_cell_options(self):
        """Return further options of the cell. There are none by default."""
        return {}


class RNNArchitecture(RNNParameters, RecurrentArchitecture):
    """Vanilla recurrent network (Elman, 1990)."""

    _notes: ClassVar[str] = """
A hidden state is passed from token to token (Elman, 1990). Its gradients vanish or explode
in backpropagation through time, so the network hardly learns from distant steps. Patches
shorten the distance. Prefer an LSTM or a GRU, except to study this effect."""

    _cell = nn.RNN

    def _get_cell_options(self):
        return {"nonlinearity": self.activation}


class LSTMArchitecture(RecurrentArchitecture):
    """Long short-term memory (Hochreiter & Schmidhuber, 1997)."""

    _notes: ClassVar[str] = """
Gates control what a cell stores, adds and outputs, so that gradients can pass through many
steps without vanishing (Hochreiter & Schmidhuber, 1997)."""

    _cell = nn.LSTM


class GRUArchitecture(RecurrentArchitecture):
    """Gated recurrent units (Cho et al., 2014)."""

    _notes: ClassVar[str] = """
A GRU is a variant of the LSTM with two gates instead of three and no separate cell state
(Cho et al., 2014). It has fewer parameters and often the same accuracy."""

    _cell = nn.GRU

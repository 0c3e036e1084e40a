"""The Transformer architecture."""

from typing import ClassVar

from skseq.architectures.parameters import ArchitectureParameters, TransformerParameters
from skseq.networks import TransformerEncoder


class TransformerArchitecture(TransformerParameters, ArchitectureParameters):
    """Transformer encoder (Vaswani et al., 2017)."""

    _notes: ClassVar[str] = """
Each token attends to all tokens, at any distance (Vaswani et al., 2017). The cost grows
with the square of the number of tokens."""

    def build(self, n_features):
        """Return a Transformer encoder.

        Parameters
        ----------
        n_features : int
            Number of features of its input.

        Returns
        -------
        skseq.networks.TransformerEncoder
            Maps (batch, time, n_features) to (batch, time, width).
        """
        return TransformerEncoder(
            n_features,
            self.hidden_size,
            num_layers=self.num_layers,
            num_heads=self.num_heads,
            dim_feedforward=self.dim_feedforward or 2 * self.hidden_size,
            dropout=self.dropout,
            positions=self.positions,
            causal=self._is_causal,
        )

    def _check_architecture(self):
        """Raise ValueError if the sizes do not match."""
        hidden_size, num_heads = self.hidden_size, self.num_heads
        if hidden_size % num_heads:
            next_size = -(-hidden_size // num_heads) * num_heads
            raise ValueError(
                f"hidden_size={hidden_size} is not a multiple of num_heads={num_heads}. "
                f"Use hidden_size={next_size} or another num_heads."
            )
        if self.positions == "rotary" and hidden_size // num_heads % 2:
            raise ValueError(
                "positions='rotary' rotates pairs of features, so hidden_size / num_heads "
                f"must be even, but it is {hidden_size // num_heads}. Use other sizes or "
                "positions='sinusoidal'."
            )

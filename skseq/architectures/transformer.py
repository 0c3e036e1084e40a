"""The Transformer architecture."""

from typing import ClassVar

from skseq.architectures.parameters import ArchitectureParameters, TransformerParameters
from skseq.networks import TransformerEncoder


class TransformerArchitecture(TransformerParameters, ArchitectureParameters):
    """A Transformer encoder (Vaswani et al., 2017)."""

    _notes: ClassVar[str] = """
Every token attends to all tokens at once (Vaswani et al., 2017), so distance does not
matter, at a cost that grows with the square of the number of tokens."""

    def build(self, n_features):
        """Return a Transformer encoder.

        Parameters
        ----------
        n_features : int
            Features of its input.

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
        )

    def _check_architecture(self):
        if self.hidden_size % self.num_heads:
            raise ValueError(
                f"hidden_size={self.hidden_size} is not a multiple of "
                f"num_heads={self.num_heads}; choose hidden_size="
                f"{-(-self.hidden_size // self.num_heads) * self.num_heads} or another "
                "num_heads."
            )
        if self.positions == "rotary" and self.hidden_size // self.num_heads % 2:
            raise ValueError(
                f"positions='rotary' turns pairs of features: hidden_size / num_heads = "
                f"{self.hidden_size // self.num_heads} must be even; choose other sizes "
                "or positions='sinusoidal'."
            )

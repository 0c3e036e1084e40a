"""Parameters that contradict each other, and the layers that parameters describe."""

import numpy as np
import pytest
from torch import nn

from skseq import (
    GRUClassifier,
    LSTMClassifier,
    RNNClassifier,
    TransformerClassifier,
    TransformerRegressor,
)
from skseq.networks import (
    AttentionPooling,
    LastPooling,
    MaxPooling,
    MeanPooling,
    RecurrentEncoder,
    TransformerEncoder,
)

X = np.random.default_rng(0).normal(size=(12, 6, 2))
Y = np.arange(12) % 2


class TestErrors:
    """They are raised before the network is built, and quote the user's values."""

    @pytest.mark.parametrize("cls", [TransformerClassifier, TransformerRegressor])
    def test_hidden_size_is_a_multiple_of_num_heads(self, cls):
        with pytest.raises(
            ValueError,
            match=r"hidden_size=30 is not a multiple of num_heads=4\. Use hidden_size=32",
        ):
            cls(hidden_size=30, num_heads=4).fit(X, Y)

    def test_rotary_positions_need_pairs(self):
        with pytest.raises(
            ValueError,
            match=r"hidden_size / num_heads must be even, but it is 3\. Use other sizes or "
            "positions='sinusoidal'",
        ):
            TransformerClassifier(hidden_size=12, num_heads=4).fit(X, Y)

    def test_suggested_remedies_work(self):
        options = {"max_epochs": 1, "num_heads": 4, "random_state": 0}
        TransformerClassifier(hidden_size=32, **options).fit(X, Y)
        TransformerClassifier(hidden_size=12, positions="sinusoidal", **options).fit(X, Y)

    @pytest.mark.parametrize(
        ("cls", "options"),
        [
            (LSTMClassifier, {"hidden_size": 0}),
            (LSTMClassifier, {"num_layers": -1}),
            (LSTMClassifier, {"dropout": 1.0}),
            (LSTMClassifier, {"patch_size": 0}),
            (LSTMClassifier, {"patch_size": "long"}),
            (LSTMClassifier, {"stem": -1}),
            (LSTMClassifier, {"pooling": "median"}),
            (LSTMClassifier, {"bidirectional": "yes"}),
            (RNNClassifier, {"activation": "gelu"}),
            (TransformerClassifier, {"num_heads": 0}),
            (TransformerClassifier, {"dim_feedforward": 0}),
            (TransformerClassifier, {"positions": "learned"}),
        ],
    )
    def test_parameters_out_of_range_raise(self, cls, options):
        (name,) = options
        with pytest.raises(ValueError, match=f"The '{name}' parameter of {cls.__name__}"):
            cls(**options).fit(X, Y)


class TestBuild:
    """The layers that parameters describe."""

    @pytest.mark.parametrize(
        ("cls", "cell"),
        [(RNNClassifier, nn.RNN), (LSTMClassifier, nn.LSTM), (GRUClassifier, nn.GRU)],
    )
    @pytest.mark.parametrize("bidirectional", [True, False])
    def test_recurrent(self, cls, cell, bidirectional):
        network = cls(
            hidden_size=5, num_layers=3, bidirectional=bidirectional, dropout=0.4
        ).build(2)
        assert isinstance(network, RecurrentEncoder)
        assert [type(layer) for layer in network.forward_layers] == [cell] * 3
        assert len(network.backward_layers) == (3 if bidirectional else 0)
        assert network.forward_layers[0].input_size == 2
        assert network.width == (10 if bidirectional else 5)
        assert network.dropout.p == 0.4

    @pytest.mark.parametrize("activation", ["tanh", "relu"])
    def test_activation_of_an_rnn(self, activation):
        network = RNNClassifier(activation=activation).build(2)
        assert network.forward_layers[0].nonlinearity == activation

    @pytest.mark.parametrize(("dim_feedforward", "expected"), [(None, 16), (5, 5)])
    def test_transformer(self, dim_feedforward, expected):
        network = TransformerClassifier(
            hidden_size=8, num_layers=3, num_heads=2, dim_feedforward=dim_feedforward
        ).build(3)
        assert isinstance(network, TransformerEncoder)
        assert len(network.blocks) == 3
        assert network.blocks[0].num_heads == 2
        assert network.blocks[0].feedforward_in.out_features == expected
        assert network.project.in_features == 3

    @pytest.mark.parametrize(
        ("pooling", "expected"),
        [
            ("mean", MeanPooling),
            ("last", LastPooling),
            ("max", MaxPooling),
            ("attention", AttentionPooling),
        ],
    )
    @pytest.mark.parametrize("cls", [GRUClassifier, TransformerClassifier])
    def test_pooling(self, cls, pooling, expected):
        clf = cls(hidden_size=8, pooling=pooling, max_epochs=1, random_state=0).fit(X, Y)
        module = clf.net_.module_
        assert type(module.head.pooling) is expected
        if pooling == "last":
            backward = 8 if cls is GRUClassifier else 0
            assert module.head.pooling.forward_width == module.encoder.width - backward

    def test_patches(self):
        clf = LSTMClassifier(hidden_size=8, patch_size=2, stem=0, max_epochs=1).fit(X, Y)
        assert clf.net_.module_.inputs.patches.patch_size == clf.patch_size_ == 2
        assert clf.net_.module_.inputs.stem is None

    def test_stem(self):
        clf = LSTMClassifier(hidden_size=8, patch_size=1, stem=2, max_epochs=1).fit(X, Y)
        assert len(clf.net_.module_.inputs.stem.layers) == 2
        assert clf.net_.module_.inputs.patches is None

    @pytest.mark.parametrize("patch_size", [1, 2, 3, 4, 5, 8])
    @pytest.mark.parametrize("stem", [0, 1, 2, 3])
    def test_patch_size_is_the_number_of_steps_of_a_token(self, stem, patch_size):
        steps = np.random.default_rng(0).normal(size=(12, 24, 2))
        clf = LSTMClassifier(hidden_size=8, patch_size=patch_size, stem=stem, max_epochs=1)
        clf.fit(steps, Y)
        inputs = []
        encoder = clf.net_.module_.encoder
        hook = encoder.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
        clf.predict(steps)
        hook.remove()
        assert inputs[0].shape[1] == -(-24 // clf.patch_size_)
        # Layers of the stem have stride 2; an odd size is rounded up to a multiple.
        assert patch_size <= clf.patch_size_ < 2 * patch_size
        if stem == 0 or patch_size in (1, 2, 4, 8):
            assert clf.patch_size_ == patch_size

    @pytest.mark.parametrize(
        ("stem", "n_steps", "expected"),
        [
            (0, 1, 1),
            (0, 2, 2),
            (0, 4, 2),
            (0, 5, 4),
            (0, 14, 4),
            (0, 16, 4),
            (0, 17, 8),
            (0, 200, 16),
            (3, 30, 1),
            (3, 90, 1),
            (3, 91, 2),
            (3, 256, 4),
        ],
    )
    def test_automatic_patch_size(self, stem, n_steps, expected):
        steps = np.zeros((4, n_steps, 1))
        clf = LSTMClassifier(hidden_size=4, stem=stem, max_epochs=1)
        assert clf.fit(steps, [0, 1, 0, 1]).patch_size_ == expected

    def test_no_stem_and_no_patches(self):
        clf = LSTMClassifier(hidden_size=4, patch_size=1, stem=0, max_epochs=1).fit(X, Y)
        assert clf.net_.module_.inputs.patches is None
        assert clf.net_.module_.inputs.stem is None
        assert clf.patch_size_ == 1

    @pytest.mark.parametrize("patch_size", [1, "auto"])
    def test_sequences_of_one_step(self, patch_size):
        for cls in (RNNClassifier, LSTMClassifier, GRUClassifier, TransformerClassifier):
            clf = cls(hidden_size=8, max_epochs=1, patch_size=patch_size, random_state=0)
            assert clf.fit(X[:, :1], Y).predict(X[:, :1]).shape == (12,)

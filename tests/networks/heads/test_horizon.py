"""The network of forecasters: a past, mapped to all future steps."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from skseq.networks import (
    AttentionPooling,
    Encoder,
    HorizonHead,
    InputLayers,
    LastPooling,
    Network,
    Patches,
    RecurrentEncoder,
    TransformerEncoder,
)
from skseq.networks.heads.horizon import SegmentDecoder

WIDTH, CONTEXT = 8, 12
ENCODERS = {
    "RNN": lambda: RecurrentEncoder(nn.RNN, WIDTH, WIDTH),
    "LSTM": lambda: RecurrentEncoder(nn.LSTM, WIDTH, WIDTH),
    "GRU": lambda: RecurrentEncoder(nn.GRU, WIDTH, WIDTH),
    "Transformer": lambda: TransformerEncoder(WIDTH, WIDTH, num_heads=2, dim_feedforward=8),
}
every_encoder = pytest.mark.parametrize("encoder", ENCODERS)


class FirstSteps(Encoder):
    """An encoder that keeps its input."""

    width = WIDTH
    is_causal = True

    def forward(self, x, lengths=None):
        self.seen = x
        return x[:, :, :1].expand(-1, -1, WIDTH)


def build(encoder, horizon=7, segment=3, n_features=5, n_known=2, n_outputs=1, seed=0):
    """Return a network with random weights, including the linear map."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        patches = Patches(n_features, WIDTH, 4)
        inputs = InputLayers(n_features, patches=patches, n_steps=CONTEXT)
        pooling = LastPooling if encoder != "Transformer" else AttentionPooling
        encoder = ENCODERS[encoder]()
        head = HorizonHead(
            pooling(WIDTH),
            CONTEXT,
            horizon,
            n_known=n_known,
            n_outputs=n_outputs,
            segment=segment,
        )
        network = Network(inputs, encoder, head)
        for parameter in head.linear.parameters():
            parameter.data.normal_(0, 0.3)
    return network.eval()


def draw(n=8, horizon=7, n_features=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, CONTEXT + horizon, n_features, generator=generator)


@every_encoder
@given(
    n=st.integers(1, 5),
    horizon=st.integers(1, 9),
    segment=st.integers(1, 9),
    n_known=st.integers(0, 3),
    n_outputs=st.integers(1, 4),
)
def test_shapes(encoder, n, horizon, segment, n_known, n_outputs):
    segment = min(segment, horizon)
    network = build(encoder, horizon, segment, 2 + n_known, n_known, n_outputs)
    x = draw(n, horizon, 2 + n_known)
    assert network(x).shape == (n, horizon * n_outputs)
    assert network.pool(x).shape == (n, WIDTH)
    assert torch.isfinite(network(x)).all()


def assert_same(ours, theirs):
    """Compare up to rounding: with gradients, row independence is not bit for bit."""
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


class TestRows:
    """The outputs of a window depend only on that window."""

    @every_encoder
    @given(order=st.permutations(range(8)))
    def test_outputs_do_not_depend_on_order(self, encoder, order):
        network, x = build(encoder), draw()
        assert_same(network(x[order]), network(x)[order])

    @every_encoder
    def test_outputs_do_not_depend_on_other_windows(self, encoder):
        network, x = build(encoder), draw()
        mates = draw(seed=1) * 1e3
        mates[3] = x[5]
        assert_same(network(mates)[3], network(x)[5])

    @every_encoder
    def test_other_windows_have_no_gradient(self, encoder):
        network, x = build(encoder), draw().requires_grad_()
        network(x)[2].sum().backward()
        others = torch.arange(8) != 2
        assert not x.grad[others].any()
        assert x.grad[2].any()


class TestPast:
    """Features before the origin."""

    @every_encoder
    def test_pooled_state_does_not_depend_on_the_future(self, encoder):
        network, x = build(encoder), draw()
        changed = x.clone()
        changed[:, CONTEXT:] = 1e3
        assert torch.equal(network.pool(changed), network.pool(x))

    def test_encoder_reads_the_context_only(self):
        encoder = FirstSteps()
        pooling = LastPooling(WIDTH)
        head = HorizonHead(pooling, CONTEXT, 7, n_known=0, n_outputs=1, segment=7)
        network = Network(InputLayers(5, n_steps=CONTEXT), encoder, head).eval()
        x = draw()
        network(x)
        assert torch.equal(encoder.seen, x[:, :CONTEXT])

    @every_encoder
    def test_pooled_state_depends_on_all_of_the_past(self, encoder):
        network, x = build(encoder), draw().requires_grad_()
        network.pool(x).square().sum().backward()
        assert (x.grad[:, :CONTEXT].abs().sum(dim=(0, 2)) > 0).all()
        assert not x.grad[:, CONTEXT:].any()

    def test_linear_map_of_past_values_is_added(self):
        network, x = build("GRU", n_outputs=2), draw()
        outputs = network(x).view(8, 7, 2)
        nn.init.zeros_(network.head.linear.weight)
        nn.init.zeros_(network.head.linear.bias)
        rest = network(x).view(8, 7, 2)
        network = build("GRU", n_outputs=2)
        values = x[:, :CONTEXT, 0]  # the first feature
        linear = values @ network.head.linear.weight.T + network.head.linear.bias
        torch.testing.assert_close(outputs, rest + linear[:, :, None])

    def test_linear_map_is_initially_zero(self):
        pooling = LastPooling(WIDTH)
        head = HorizonHead(pooling, CONTEXT, 7, n_known=0, n_outputs=1, segment=7)
        assert not head.linear.weight.any()
        assert not head.linear.bias.any()


class TestFuture:
    """Features after the origin."""

    @every_encoder
    @pytest.mark.parametrize("segment", [1, 3, 7])
    def test_outputs_depend_on_known_covariates_of_their_segment(self, encoder, segment):
        network, x = build(encoder, segment=segment, n_outputs=2), draw().requires_grad_()
        outputs = network(x).view(8, 7, 2)
        for step in range(7):
            (gradient,) = torch.autograd.grad(outputs[:, step].sum(), x, retain_graph=True)
            future = gradient[:, CONTEXT:]
            first = step - step % segment
            own = slice(first, first + segment)
            assert (future[:, own, -2:] != 0).all()
            future = future.clone()
            future[:, own, -2:] = 0
            assert not future.any()  # nothing else of the future is read

    def test_without_known_covariates_outputs_do_not_depend_on_the_future(self):
        network, x = build("GRU", n_known=0), draw()
        changed = x.clone()
        changed[:, CONTEXT:] = 1e3
        assert torch.equal(network(changed), network(x))


class TestDecoder:
    """One GRU step to each segment."""

    @pytest.mark.parametrize("n_known", [0, 2])
    @pytest.mark.parametrize(("horizon", "segment"), [(4, 4), (7, 3), (5, 1)])
    def test_segment_equals_a_step_of_torch(self, n_known, horizon, segment):
        generator = torch.Generator().manual_seed(0)
        decoder = SegmentDecoder(WIDTH, horizon, segment, n_known, 2).double()
        for parameter in decoder.parameters():
            parameter.data.normal_(0, 0.5, generator=generator)
        cell = nn.GRUCell(WIDTH, WIDTH).double()
        cell.weight_ih.data.copy_(decoder.from_input.weight.data)
        cell.bias_ih.data.copy_(decoder.from_input.bias.data)
        cell.weight_hh.data.copy_(decoder.from_state.weight.data)
        cell.bias_hh.data.copy_(decoder.from_state.bias.data)
        state = torch.randn(3, WIDTH, generator=generator, dtype=torch.float64)
        known = torch.randn(3, horizon, n_known, generator=generator, dtype=torch.float64)
        outputs = decoder(state, known)
        assert outputs.shape == (3, horizon, 2)
        for k, start in enumerate(range(0, horizon, segment)):
            query = decoder.places[k].expand(3, -1)
            if n_known:
                cut = torch.zeros(3, segment, n_known, dtype=torch.float64)
                part = known[:, start : start + segment]
                cut[:, : part.shape[1]] = part  # zeros after the horizon
                query = query + decoder.known(cut.flatten(1))
            expected = decoder.head(cell(query, state)).view(3, segment, 2)
            part = outputs[:, start : start + segment]
            torch.testing.assert_close(part, expected[:, : part.shape[1]])

    def test_segments_differ(self):
        torch.manual_seed(0)
        decoder = SegmentDecoder(WIDTH, 6, 2, 0, 1)
        assert decoder.places.shape == (3, WIDTH)
        outputs = decoder(torch.ones(1, WIDTH), torch.empty(1, 6, 0))
        assert len({round(value, 6) for value in outputs[0, ::2, 0].tolist()}) == 3


class TestCategories:
    """The last ids are those of categories that are known for future steps."""

    def test_outputs_depend_on_known_ids_of_their_segment(self):
        torch.manual_seed(0)
        rates = torch.zeros(5)
        head = HorizonHead(
            LastPooling(WIDTH),
            CONTEXT,
            6,
            n_known=1,
            n_outputs=1,
            segment=3,
            n_ids=2,
            categories=[(5, 4, 1, rates)],
        ).eval()
        x = draw(2, 6, 5)  # two numbers, a known one, a past id, a known id
        x[:, :, 3:] = 3.0
        states = torch.randn(2, CONTEXT, WIDTH)
        wanted = head(states, None, x)

        def find_changed(step, column, value):
            other = x.clone()
            other[:, step, column] = value
            return (head(states, None, other) != wanted).any(dim=0).tolist()

        first, none = [True] * 3 + [False] * 3, [False] * 6
        assert find_changed(CONTEXT + 1, 2, 9.0) == first
        assert find_changed(CONTEXT + 1, 4, 4.0) == first
        assert find_changed(CONTEXT + 1, 3, 4.0) == none  # a category of the past
        assert find_changed(CONTEXT - 1, 4, 4.0) == none

"""The convolutional stem and the patches equal convolutions of torch."""

import functools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from skseq.networks import ConvolutionalStem, Patches, choose_scales
from skseq.networks.stem import MaskedBatchNorm

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=4)


def draw(shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


class TestPatches:
    """Several steps become one token."""

    @given(n_steps=st.integers(1, 13), size=st.integers(1, 5))
    def test_patches_equal_a_strided_convolution(self, n_steps, size):
        patches = Patches(3, 4, size).double()
        x = draw((1, n_steps, 3)).requires_grad_()
        tokens, lengths = patches(x)
        # Our weights are (width, size * features), with the step as the slower index.
        kernel = patches.project.weight.view(4, size, 3).transpose(1, 2)
        filled = F.pad(x, (0, 0, 0, -n_steps % size)).transpose(1, 2)
        expected = F.conv1d(filled, kernel, patches.project.bias, stride=size)
        torch.testing.assert_close(tokens, expected.transpose(1, 2))
        assert tokens.shape[1] == -(-n_steps // size)
        assert lengths is None
        parameters = [x, *patches.parameters()]
        for mine, other in zip(
            torch.autograd.grad(tokens.square().sum(), parameters),
            torch.autograd.grad(expected.square().sum(), parameters),
            strict=True,
        ):
            torch.testing.assert_close(mine, other)

    @given(lengths=LENGTHS, extra=st.integers(0, 4), size=st.integers(1, 5))
    def test_padded_batch_equals_each_sequence(self, lengths, extra, size):
        patches = Patches(2, 4, size).double()
        x = draw((len(lengths), max(lengths) + extra, 2), seed=sum(lengths))
        tokens, found = patches(x, torch.tensor(lengths))
        assert found.tolist() == [-(-n // size) for n in lengths]
        for i, n in enumerate(lengths):
            alone, _ = patches(x[i : i + 1, :n])
            torch.testing.assert_close(tokens[i, : found[i]], alone[0])

    def test_width_is_the_size_of_a_token(self):
        assert Patches(3, 4, 2).width == 4


class TestStem:
    """Convolutions over time, with strides."""

    @given(
        lengths=LENGTHS,
        extra=st.integers(0, 4),
        num_layers=st.integers(1, 3),
        scales=st.sampled_from([None, (5, 9, 19, 39)]),
    )
    def test_padded_batch_equals_each_sequence(self, lengths, extra, num_layers, scales):
        stem = ConvolutionalStem(2, 4, num_layers, scales=scales).double().eval()
        x = draw((len(lengths), max(lengths) + extra, 2), seed=sum(lengths))
        states, found = stem(x, torch.tensor(lengths))
        assert states.shape == (*x.shape[:2], 4)
        assert found.tolist() == lengths
        for i, n in enumerate(lengths):
            torch.testing.assert_close(states[i, :n], stem(x[i : i + 1, :n])[0][0])

    @given(
        lengths=LENGTHS,
        extra=st.integers(0, 4),
        stride=st.integers(1, 5),
        scales=st.sampled_from([None, (5, 9, 19, 39)]),
    )
    def test_strides_shorten_sequences(self, lengths, extra, stride, scales):
        stem = ConvolutionalStem(2, 4, 3, stride, scales=scales).double().eval()
        assert 1 <= stem.stride <= stride
        x = draw((len(lengths), max(lengths) + extra, 2), seed=sum(lengths))
        states, found = stem(x, torch.tensor(lengths))
        assert found.tolist() == [-(-n // stem.stride) for n in lengths]
        assert states.shape[1] == -(-x.shape[1] // stem.stride)
        for i, n in enumerate(lengths):
            torch.testing.assert_close(states[i, : found[i]], stem(x[i : i + 1, :n])[0][0])

    def test_gradients_do_not_depend_on_padding(self):
        stem = ConvolutionalStem(2, 4, 2).double().eval()
        x, lengths = draw((2, 6, 2)), torch.tensor([6, 3])
        stem(x, lengths)[0][1, :3].square().sum().backward()
        in_batch = [p.grad.clone() for p in stem.parameters()]
        stem.zero_grad()
        stem(x[1:, :3])[0].square().sum().backward()
        for mine, other in zip(in_batch, stem.parameters(), strict=True):
            torch.testing.assert_close(mine, other.grad)

    @pytest.mark.parametrize(("num_layers", "reach"), [(1, 3), (2, 5), (3, 6), (4, 7)])
    def test_receptive_field_is_that_of_the_kernels(self, num_layers, reach):
        stem = ConvolutionalStem(1, 4, num_layers).double().eval()
        x = draw((1, 15, 1)).requires_grad_()
        states, lengths = stem(x)
        assert lengths is None
        gradient = torch.autograd.grad(states[0, 7].square().sum(), x)[0]
        field = gradient[0, :, 0].nonzero().ravel().tolist()
        assert field == list(range(7 - reach, 8 + reach))

    @pytest.mark.parametrize("stride", [1, 2])
    def test_scales_equal_convolutions_of_torch(self, stride):
        stem = ConvolutionalStem(2, 8, 2, stride**2, scales=(5, 9, 19, 39)).double().eval()
        x = draw((3, 60, 2))
        states, _ = stem(x)
        first, second = stem.layers
        convolve = functools.partial(F.conv1d, stride=stride)
        expected = torch.cat(
            [
                convolve(x.transpose(1, 2), c.weight, padding=size // 2)
                for c, size in zip(first.convolutions, (5, 9, 19, 39), strict=True)
            ],
            dim=1,
        )
        x = F.gelu(nn.BatchNorm1d.forward(first.norm, expected))
        expected = convolve(x, second.convolutions[0].weight, padding=2)
        expected = nn.BatchNorm1d.forward(second.norm, expected)
        if stride == 2:  # the shortcut has half as many steps, too
            x = F.conv1d(x, second.shortcut.weight, stride=2)
            x = nn.BatchNorm1d.forward(second.shortcut_norm, x)
        torch.testing.assert_close(states, F.gelu(expected + x).transpose(1, 2))

    def test_kernels_of_several_scales_start_with_mean_zero(self):
        stem = ConvolutionalStem(3, 8, 3, scales=(5, 9))
        for layer in stem.layers:
            for convolution in layer.convolutions:
                means = convolution.weight.mean(dim=2)
                torch.testing.assert_close(
                    means, torch.zeros_like(means), atol=1e-6, rtol=0
                )
        plain = ConvolutionalStem(3, 8, 1).layers[0].convolutions[0]
        assert plain.weight.mean(dim=2).abs().max() > 1e-3

    def test_without_normalization_equals_convolutions_of_torch(self):
        stem = ConvolutionalStem(2, 4, 2, 2, normalize=False).double().train()
        x = draw((3, 11, 2))
        first, second = (layer.convolutions[0] for layer in stem.layers)
        expected = F.gelu(
            F.conv1d(x.transpose(1, 2), first.weight, first.bias, stride=2, padding=3)
        )
        expected = F.gelu(F.conv1d(expected, second.weight, second.bias, padding=2))
        torch.testing.assert_close(stem(x)[0], expected.transpose(1, 2))
        names = [name for name, _ in stem.named_parameters() if "norm" in name]
        assert names == []

    @pytest.mark.parametrize("width", [1, 3, 6])
    def test_channels_are_divided_among_the_kernels(self, width):
        layer = ConvolutionalStem(1, width, 1, scales=(5, 9, 19, 39)).layers[0]
        widths = [c.out_channels for c in layer.convolutions]
        assert sum(widths) == width
        assert max(widths) - min(widths) <= 1

    @pytest.mark.parametrize(
        ("n_steps", "sizes"),
        [
            (1, [5]),
            (24, [5, 7]),
            (40, [5, 9, 11]),
            (100, [5, 9, 19, 25]),
            (160, [5, 9, 19, 39]),
        ],
    )
    def test_kernels_cover_a_small_part_of_a_sequence(self, n_steps, sizes):
        assert choose_scales(n_steps) == sizes


class TestMaskedBatchNorm:
    """Batch normalization equals that of torch on the real steps."""

    @given(lengths=LENGTHS.filter(lambda n: sum(n) > 1), extra=st.integers(0, 4))
    def test_statistics_exclude_padding(self, lengths, extra):
        ours, theirs = MaskedBatchNorm(3).double(), nn.BatchNorm1d(3).double()
        n = torch.tensor(lengths)
        x = draw((len(lengths), max(lengths) + extra, 3), seed=sum(lengths)) + 5
        for _ in range(2):
            states = ours(x, n)
            real = torch.cat([x[i, :length] for i, length in enumerate(lengths)])
            expected = theirs(real).split(lengths)
            for i, length in enumerate(lengths):
                torch.testing.assert_close(states[i, :length], expected[i])
        torch.testing.assert_close(ours.state_dict(), theirs.state_dict())
        ours.eval(), theirs.eval()
        for i, part in enumerate(theirs(real).split(lengths)):
            torch.testing.assert_close(ours(x, n)[i, : lengths[i]], part)

    def test_without_lengths_all_steps_are_normalized(self):
        ours, theirs = MaskedBatchNorm(3).double(), nn.BatchNorm1d(3).double()
        x = draw((4, 5, 3))
        torch.testing.assert_close(ours(x).flatten(0, 1), theirs(x.flatten(0, 1)))

    def test_training_on_a_single_step_changes_nothing(self):
        norm = MaskedBatchNorm(3).double()
        before = {name: value.clone() for name, value in norm.state_dict().items()}
        x = draw((1, 1, 3))
        torch.testing.assert_close(norm(x), x, rtol=0, atol=1e-4)
        torch.testing.assert_close(dict(norm.state_dict()), before)

    def test_sequences_are_independent_in_prediction(self):
        norm = MaskedBatchNorm(3).double()
        norm(draw((4, 5, 3)))
        norm.eval()
        x = draw((4, 5, 3), seed=1)
        alone = torch.cat([norm(x[i : i + 1]) for i in range(4)])
        torch.testing.assert_close(norm(x), alone)

"""Embeddings of categories, compared with torch's own layers."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from skseq.networks import CategoryEmbedding, InputLayers, StepEmbedding, UnknownDropout

UNKNOWN = 1
RATES = [0.0] * 9


def make(n_parts=0, n_rows=9, width=4, rates=None):
    torch.manual_seed(0)
    rates = np.zeros(n_rows) if rates is None else rates
    return CategoryEmbedding(n_rows, width, UNKNOWN, rates, n_parts, n_rows)


def draw_ids(n_columns=1, n_rows=9):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, n_rows, (2, 5, n_columns), generator=generator).float()


def test_one_id_is_looked_up():
    layer, ids = make().eval(), draw_ids()
    expected = F.embedding(ids[..., 0].long(), layer.table.weight)
    torch.testing.assert_close(layer(ids), expected, rtol=0, atol=0)


def test_parts_of_a_word_are_summed():
    layer, ids = make(n_parts=2).eval(), draw_ids(n_columns=3)
    expected = F.embedding(ids[..., 1:].long(), layer.parts.weight).sum(dim=2)
    expected = expected + F.embedding(ids[..., 0].long(), layer.table.weight)
    torch.testing.assert_close(layer(ids), expected)


def test_padding_and_unknown_rows_start_at_zero():
    layer = make(n_parts=2)
    assert (layer.table.weight[[0, UNKNOWN]] == 0).all()
    assert (layer.parts.weight[0] == 0).all()
    assert (layer.table.weight[2:] != 0).all()
    assert (layer.parts.weight[1:] != 0).all()


def test_padding_is_not_trained():
    layer = make(n_parts=2).eval()
    layer(torch.tensor([[[3.0, 0.0, 5.0], [0.0, 0.0, 0.0]]])).sum().backward()
    for table, row in ((layer.table, 3), (layer.parts, 5)):
        assert table.weight.grad.is_sparse
        touched = table.weight.grad.to_dense().abs().sum(dim=1) > 0
        assert touched.nonzero().ravel().tolist() == [row]


class TestUnknownDropout:
    def test_replaces_at_the_rate_of_each_category(self):
        dropout = UnknownDropout([0.0, 0.0, 0.0, 0.2, 1.0], UNKNOWN)
        ids = torch.tensor([2, 3, 4]).repeat(4000, 1)
        share = (dropout(ids) == UNKNOWN).float().mean(dim=0)
        torch.testing.assert_close(share, torch.tensor([0, 0.2, 1]), atol=0.03, rtol=0)

    def test_does_nothing_in_prediction(self):
        ids = torch.tensor([[0, 1]])
        assert UnknownDropout([1.0, 1.0], UNKNOWN).eval()(ids) is ids

    def test_draws_from_its_generator(self):
        dropout, ids = UnknownDropout([0.5] * 9, UNKNOWN), draw_ids().long()
        found = []
        for _ in range(2):
            dropout.generator = torch.Generator().manual_seed(3)
            state = torch.get_rng_state()
            found.append(dropout(ids))
            assert torch.equal(torch.get_rng_state(), state)
        assert torch.equal(*found)

    def test_rates_are_not_weights(self):
        assert list(make().state_dict()) == ["table.weight"]


def test_parts_of_a_replaced_word_stay():
    layer = make(n_parts=1, rates=[0.0, 0.0, 0.0, 1.0])
    ids = torch.tensor([[[3.0, 5.0]]])
    words, parts = layer.table.weight, layer.parts.weight
    torch.testing.assert_close(layer(ids)[0, 0], words[UNKNOWN] + parts[5])
    torch.testing.assert_close(layer.eval()(ids)[0, 0], words[3] + parts[5])


def test_numeric_columns_stay():
    layer = StepEmbedding(5, [(9, 4, UNKNOWN, RATES), (9, 3, UNKNOWN, RATES, 1, 9)])
    x = torch.cat([torch.rand(2, 5, 2), draw_ids(), draw_ids(n_columns=2)], dim=2)
    out = layer.eval()(x)
    assert out.shape == (2, 5, layer.width) == (2, 5, 2 + 4 + 3)
    assert torch.equal(out[..., :2], x[..., :2])
    assert torch.equal(out[..., 2:6], layer.embeddings[0](x[..., 2:3]))
    assert torch.equal(out[..., 6:], layer.embeddings[1](x[..., 3:]))


def test_dropout_spares_numeric_columns():
    layer = StepEmbedding(2, [(9, 64, UNKNOWN, RATES)], dropout=0.5)
    x = torch.cat([torch.rand(2, 5, 1) + 1, draw_ids().clamp(2)], dim=2)
    out = layer(x)
    assert torch.equal(out[..., :1], x[..., :1])
    assert 0.3 < (out[..., 1:] == 0).float().mean() < 0.7


@pytest.mark.parametrize("n_rows", [1, 7, 16])
def test_rows_do_not_depend_on_the_batch(n_rows):
    layer = make(n_parts=2).eval()
    ids = draw_ids(n_columns=3).repeat(8, 1, 1)
    assert torch.equal(layer(ids)[:n_rows], layer(ids[:n_rows]))


def test_input_layers_embed_first():
    embedding = StepEmbedding(2, [(9, 4, UNKNOWN, RATES)])
    layers = InputLayers(2, embedding=embedding).eval()
    x = torch.cat([torch.rand(2, 5, 1), draw_ids()], dim=2)
    tokens, lengths = layers(x, torch.tensor([5, 3]))
    assert layers.width == tokens.shape[2] == 5
    assert torch.equal(tokens, embedding(x))
    assert lengths.tolist() == [5, 3]
    (layer,) = layers.describe(n_steps=5)
    assert layer.output_shape == (5, 4)
    assert sum(p.numel() for m in layer.modules for p in m.parameters()) == 9 * 4

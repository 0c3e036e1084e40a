"""The head with outputs for each step."""

import pytest
import torch

from skseq.networks import StepHead, join_rows


def make_head(**params):
    torch.manual_seed(0)
    return StepHead(4, 3, **params).eval()


def test_outputs_are_a_linear_map_of_each_state():
    head, states = make_head(), torch.randn(2, 5, 4)
    expected = states @ head.linear.weight.T + head.linear.bias
    torch.testing.assert_close(head(states, None, None), expected)


def test_steps_of_a_token_have_outputs_of_their_own():
    head, states = make_head(token_steps=2), torch.randn(2, 3, 4)
    outputs = head(states, None, torch.zeros(2, 5, 1))
    assert outputs.shape == (2, 5, 3)
    weight, bias = head.linear.weight.split(3), head.linear.bias.split(3)
    for step in range(5):
        expected = states[:, step // 2] @ weight[step % 2].T + bias[step % 2]
        torch.testing.assert_close(outputs[:, step], expected)


def test_collect_returns_each_sequence_without_padding():
    parts = [
        (torch.tensor([1]), torch.full((1, 3, 2), 1.0), torch.tensor([2])),
        (torch.tensor([0]), torch.full((1, 4, 2), 0.0), None),
    ]
    collected = make_head().collect(parts, 2)
    assert [part.shape for part in collected] == [(4, 2), (2, 2)]
    assert (collected[1] == 1).all()


def test_dropout_only_in_training():
    head, states = make_head(dropout=0.9), torch.ones(1, 50, 4)
    assert (head(states, None, None) == head(states, None, None)[:, :1]).all()
    head.train()
    assert len(head(states, None, None).unique(dim=1)[0]) > 1


def test_no_state_of_the_whole_sequence():
    with pytest.raises(TypeError, match="StepHead has outputs for each step"):
        make_head().pool(torch.zeros(1, 2, 4))


def test_description_counts_the_products_of_all_tokens():
    (layer,) = make_head(token_steps=2).describe(5)
    assert (layer.name, layer.output_shape) == ("head", (10, 3))
    assert layer.flops == 2 * 5 * 4 * 6


def test_parts_of_a_batch_are_joined_at_their_longest_length():
    joined = join_rows([torch.ones(1, 3, 2), torch.ones(2, 5, 2)])
    assert joined.shape == (3, 5, 2)
    assert (joined[0, 3:] == 0).all()
    assert joined.sum() == 6 + 20

"""Defaults of the base class of encoders, and the wrapper of modules."""

import pytest
import torch
from torch import nn

from skseq.networks import Dropout, Encoder, ModuleEncoder


class Doubling(Encoder):
    """An encoder that implements what it must."""

    width = 3
    is_causal = True

    def forward(self, x, lengths=None):
        return 2 * x


class Module(nn.Module):
    """A module with dropout."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.5))

    def forward(self, x, lengths=None):
        return self.body(x)


def test_abstract_methods():
    with pytest.raises(TypeError, match="abstract class Encoder.*forward.*is_causal"):
        Encoder()


def test_capabilities_are_off_by_default():
    encoder = Doubling()
    assert not encoder.has_attention
    assert not encoder.has_probes
    x = torch.zeros(2, 4, 3)
    for call, message in [
        (lambda: encoder.attention(x), "Doubling has no attention"),
        (lambda: encoder.probe(x, None, x[None]), "Doubling has no method probe"),
        (lambda: encoder.initial_state(2), "Doubling cannot run step by step"),
        (lambda: encoder.step(x[:, 0], None), "Doubling cannot run step by step"),
        (lambda: encoder.export(None, None), "method export, but Doubling has none"),
    ]:
        with pytest.raises(TypeError, match=message):
            call()
    (layer,) = encoder.describe(7)
    assert layer == ("encoder", "Doubling", (7, 3), [encoder], None)


@pytest.mark.parametrize("backward_width", [0, 1])
def test_forward_last_is_the_last_state_of_each_direction(backward_width):
    encoder, x = Doubling(), torch.randn(2, 4, 3)
    encoder.backward_width = backward_width
    expected = 2 * torch.cat(
        [x[:, -1:, : 3 - backward_width], x[:, :1, 3 - backward_width :]], dim=2
    )
    assert encoder.forward_last(x).equal(expected)


def test_module_is_not_modified():
    module = Module().eval()
    encoder = ModuleEncoder(module, 3)
    assert type(module.body[1]) is nn.Dropout
    assert not hasattr(module, "width")
    assert isinstance(encoder.module.body[1], Dropout)
    assert encoder.width == 5
    assert encoder.name == "Module"
    with torch.no_grad():
        encoder.module.body[0].weight.zero_()
    assert module.body[0].weight.any()


@pytest.mark.parametrize("training", [False, True])
def test_module_keeps_its_mode(training):
    encoder = ModuleEncoder(Module().train(training), 3)
    assert encoder.module.training == training
    assert encoder.module.body.training == training


def test_states_are_those_of_the_module():
    module = Module().eval()
    encoder, x = ModuleEncoder(module, 3).eval(), torch.randn(2, 4, 3)
    assert encoder(x, torch.tensor([4, 2])).equal(module(x))
    assert not encoder.is_causal

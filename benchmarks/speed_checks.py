"""Shows that both sides of a comparison compute the same: equal outputs after training."""

import copy
from dataclasses import replace

import torch
from skorch.callbacks import Callback
from speed_loops import make_module, train_bare

# What outputs may differ by, after a few updates from the same weights.
TOLERANCE = 1e-4


class FirstWeights(Callback):
    """Keeps the weights and the seed that training starts with."""

    def on_train_begin(self, net, **kwargs):
        """Copy them."""
        self.weights_ = copy.deepcopy(net.module_.state_dict())
        self.seed_ = net.seed


def compare_training(workload):
    """Return by how much outputs differ after equal training of both sides.

    Where lengths differ the estimator chooses which sequences make a batch; so all are
    in one batch here.
    """
    small = replace(workload, n_sequences=2 * workload.batch_size, n_epochs=2)
    if small.shortest is not None:
        small = replace(small, batch_size=small.n_sequences)
    first = FirstWeights()
    estimator = small.make_estimator(scale=False, callbacks=[first])
    estimator.fit(*small.make_sequences())
    bare = make_module(small)
    bare.load_state_dict(translate(first.weights_, bare))
    data = small.make_tensors()
    train_bare(bare, small, data, first.seed_)
    with torch.inference_mode():
        theirs = bare(*data[:2])
        ours = estimator.net_.module_(*data[:2])
    return float((ours - theirs).abs().max())


def find_first_weights(workload):
    """Return the weights that an estimator starts from, for the bare module."""
    small = replace(workload, n_sequences=workload.batch_size, n_epochs=1)
    first = FirstWeights()
    small.make_estimator(callbacks=[first]).fit(*small.make_sequences())
    return translate(first.weights_, make_module(small))


def translate(weights, bare):
    """Return weights of skseq's network under the names of the bare one.

    Parameters
    ----------
    weights : dict of Tensor
        By skseq's names.
    bare : torch.nn.Module
        Whose names are wanted; what has no counterpart there keeps its value.
    """
    found = dict(bare.state_dict())
    for name, value in weights.items():
        for ours, theirs in NAMES:
            name = name.replace(ours, theirs)
        if name not in found or found[name].shape != value.shape:
            raise KeyError(f"no counterpart of {name}, shape {tuple(value.shape)}")
        found[name] = value
    return {name: torch.as_tensor(value).clone() for name, value in found.items()}


NAMES = (
    ("encoder.forward_layers.0.", "layer."),
    ("encoder.project.", "project."),
    ("encoder.blocks.", "encoder.layers."),
    ("attention_in.weight", "self_attn.in_proj_weight"),
    ("attention_in.bias", "self_attn.in_proj_bias"),
    ("attention_out.", "self_attn.out_proj."),
    ("attention_norm.", "norm1."),
    ("feedforward_norm.", "norm2."),
    ("feedforward_in.", "linear1."),
    ("feedforward_out.", "linear2."),
)

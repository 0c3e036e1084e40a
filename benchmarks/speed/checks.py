"""Check that both sides of a comparison compute the same."""

import copy
from dataclasses import replace

import torch
from skorch.callbacks import Callback

from .workloads import train_bare

# Parts of parameter names, in skseq's networks and in the bare ones.
NAMES = {
    "encoder.forward_layers.0.": "layer.",
    "encoder.project.": "project.",
    "encoder.blocks.": "encoder.layers.",
    "attention_in.weight": "self_attn.in_proj_weight",
    "attention_in.bias": "self_attn.in_proj_bias",
    "attention_out.": "self_attn.out_proj.",
    "attention_norm.": "norm1.",
    "feedforward_norm.": "norm2.",
    "feedforward_in.": "linear1.",
    "feedforward_out.": "linear2.",
    "head.linear.": "head.",
}


class InitialWeights(Callback):
    """Keeps the weights and the seed at the start of training."""

    def on_train_begin(self, net, **kwargs):
        """Copy them."""
        self.weights_ = copy.deepcopy(net.module_.state_dict())
        self.seed_ = net.seed

    def load_into(self, bare):
        """Copy the weights into a bare module; its buffers keep their values."""
        for ours, theirs in NAMES.items():
            self.weights_ = {k.replace(ours, theirs): v for k, v in self.weights_.items()}
        # Raises if names or shapes differ.
        bare.load_state_dict({**bare.state_dict(), **self.weights_})


def compare_training(workload):
    """Return the largest difference of outputs after equal training of both sides.

    Where lengths differ, the estimator chooses which sequences form a batch, so all are in
    one batch here.
    """
    small = replace(workload, n_sequences=2 * workload.batch_size, n_epochs=2)
    if small.min_steps is not None:
        small = replace(small, batch_size=small.n_sequences)
    initial, bare, data = InitialWeights(), small.make_module(), small.make_tensors()
    estimator = small.make_estimator(scale=False, callbacks=[initial])
    estimator.fit(*small.make_sequences())
    initial.load_into(bare)
    train_bare(bare, small, data, initial.seed_)
    with torch.inference_mode():
        difference = estimator.net_.module_(*data[:2]) - bare(*data[:2])
    return float(difference.abs().max())


def find_initial_weights(workload):
    """Return the initial weights of an estimator, for the bare module."""
    small = replace(workload, n_sequences=workload.batch_size, n_epochs=1)
    initial, bare = InitialWeights(), small.make_module()
    small.make_estimator(callbacks=[initial]).fit(*small.make_sequences())
    initial.load_into(bare)
    return bare.state_dict()

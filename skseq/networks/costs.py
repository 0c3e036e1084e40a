"""What each layer of a network holds and costs for one sequence."""

from torch import nn

from skseq.networks.encoders.recurrent import RecurrentNetwork
from skseq.networks.encoders.transformer import TransformerNetwork
from skseq.networks.stem import shrink_lengths


def list_layers(network, n_steps):
    """Describe the layers of a sequence network, in the order of the computation.

    Parameters
    ----------
    network : SequenceNetwork
        The network.
    n_steps : int
        Steps of the sequence.

    Returns
    -------
    list of (str, str, tuple of int, list of torch.nn.Module, int or None)
        Name; class; shape of the output for one sequence; the modules that the layer is
        made of; floating-point operations of its matrix products, an addition and a
        multiplication being two. None for a user's own encoder.
    """
    layers = list_encoder(network, n_steps)
    head = network.head
    flops = 2 * count_matrices(head)
    layers.append(("head", "Linear", (head.out_features,), [head], flops))
    return layers


def list_forecast_layers(network):
    """Describe the layers of a forecast network, as `list_layers` does, for one window."""
    layers = list_encoder(network, network.context_length)
    decoder, linear = network.decoder, network.linear
    shape = (network.horizon, network.n_outputs)
    # The state goes through once, all else with every segment; places are only added.
    every = [decoder.known, decoder.from_input, decoder.head]
    once, n_segments = count_matrices(decoder.from_state), len(decoder.places)
    flops = 2 * (once + n_segments * sum(count_matrices(m) for m in every if m is not None))
    layers.append(("decoder", "SegmentDecoder", shape, [decoder], flops))
    flops = 2 * count_matrices(linear)
    layers.append(("linear", "Linear", (network.horizon,), [linear], flops))
    return layers


def list_encoder(network, n_steps):
    """Describe what comes before the answer: stem, patches, encoder and pooling."""
    layers = []
    if network.stem is not None:
        pairs = zip(network.stem.convolutions, network.stem.norms, strict=True)
        for k, (convolution, norm) in enumerate(pairs):
            n_steps = shrink_lengths(n_steps, convolution.stride[0])
            shape, parts = (n_steps, network.stem.width), [convolution, norm]
            flops = 2 * n_steps * convolution.weight.numel()
            layers.append((f"stem.{k}", "Conv1d", shape, parts, flops))
    if network.patches is not None:
        n_steps = shrink_lengths(n_steps, network.patches.patch_size)
        shape, weight = (n_steps, network.patches.width), network.patches.project.weight
        flops = 2 * n_steps * weight.numel()
        layers.append(("patches", "Patches", shape, [network.patches], flops))
    encoder = network.encoder
    if isinstance(encoder, RecurrentNetwork):
        layers += list_recurrent(encoder, n_steps)
    elif isinstance(encoder, TransformerNetwork):
        layers += list_transformer(encoder, n_steps)
    else:
        shape = (n_steps, encoder.width)
        layers.append(("encoder", type(encoder).__name__, shape, [encoder], None))
    pooling = network.pooling
    flops = 2 * n_steps * count_matrices(pooling)
    layers.append(("pooling", type(pooling).__name__, (pooling.width,), [pooling], flops))
    return layers


def list_recurrent(encoder, n_steps):
    """Describe recurrent layers, each direction for itself."""
    layers = []
    for k in range(encoder.n_layers):
        for direction in ("forward", "backward"):
            stack = getattr(encoder, f"{direction}_layers")
            if k < len(stack):
                shape = (n_steps, stack[k].hidden_size)
                flops = 2 * n_steps * count_matrices(stack[k])
                name, kind = f"encoder.{k}.{direction}", type(stack[k]).__name__
                layers.append((name, kind, shape, [stack[k]], flops))
    return layers


def list_transformer(encoder, n_steps):
    """Describe the blocks of a Transformer, with projection and last norm."""
    shape, project = (n_steps, encoder.width), encoder.project
    flops = 2 * n_steps * count_matrices(project)
    layers = [("encoder.project", "Linear", shape, [project], flops)]
    # Scores of all pairs of tokens, and what they gather.
    pairs = 2 * 2 * n_steps**2 * encoder.width
    for k, block in enumerate(encoder.blocks):
        flops = 2 * n_steps * count_matrices(block) + pairs
        layers.append((f"encoder.{k}", "TransformerBlock", shape, [block], flops))
    layers.append(("encoder.norm", "LayerNorm", shape, [encoder.norm], 0))
    return layers


def count_matrices(module: nn.Module):
    """Return how many numbers the matrices of a module hold."""
    return sum(p.numel() for p in module.parameters() if p.ndim == 2)

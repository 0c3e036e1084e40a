"""What a trained net has beside its parameters: weights, optimiser, log."""

import torch

from skseq.persistence import require


def take_state(net):
    """Return weights, state of the optimiser and history of a net.

    Parameters
    ----------
    net : SequenceNet
        An initialised net.

    Returns
    -------
    dict
        Of plain values and tensors.
    """
    optimizer = net.optimizer_.state_dict()
    return {
        "weights": dict(net.module_.state_dict()),
        "moments": {k: dict(entry) for k, entry in optimizer["state"].items()},
        "rates": [group["lr"] for group in optimizer["param_groups"]],
        "history": [
            {name: value for name, value in row.items() if name != "batches"}
            for row in net.history
        ],
    }


def put_state(net, state):
    """Put weights, state of the optimiser and history into an initialised net.

    Raises
    ------
    ValueError
        If they do not fit it.
    """
    check_weights_fit(net.module_, state["weights"])
    net.module_.load_state_dict(state["weights"])
    optimizer = net.optimizer_.state_dict()
    parameters = [p for group in net.optimizer_.param_groups for p in group["params"]]
    for number, moments in state["moments"].items():
        require(
            type(number) is int and 0 <= number < len(parameters),
            "the optimiser has a parameter too many",
        )
        for name, moment in moments.items():
            wanted = torch.Size() if name == "step" else parameters[number].shape
            require(moment.shape == wanted, "the optimiser does not fit the weights")
    require(len(state["rates"]) == len(optimizer["param_groups"]), "rates are missing")
    for group, rate in zip(optimizer["param_groups"], state["rates"], strict=True):
        group["lr"] = float(rate)
    optimizer["state"] = state["moments"]
    net.optimizer_.load_state_dict(optimizer)
    net.history.clear()
    net.history.extend({"batches": [], **row} for row in state["history"])


def check_weights_fit(module, weights):
    """Raise if weights are not those of a module, by name, shape and type."""
    own = module.state_dict()
    require(own.keys() == weights.keys(), "weights are missing, or too many")
    for name, value in own.items():
        require(
            isinstance(weights[name], torch.Tensor)
            and weights[name].shape == value.shape
            and weights[name].dtype == value.dtype,
            f"the weights {name!r} do not fit the parameters",
        )

"""The state of a trained net: weights, optimizer and history."""

import math
from numbers import Real

import torch

from skseq.saved import require

# What AdamW keeps for each parameter.
MOMENTS = {"step", "exp_avg", "exp_avg_sq"}
# For a parameter with sparse gradients, also the update that touched each row last.
TOUCHED = "touched"


def net_state_dict(net):
    """Return weights, state of the optimizer and history of an initialized net.

    Returns
    -------
    dict
        Plain values and tensors by name.
    """
    optimizer = net.optimizer_.state_dict()
    names = {name: None for row in net.history for name in row if name != "batches"}
    return {
        "weights": dict(net.module_.state_dict()),
        "moments": {k: dict(entry) for k, entry in optimizer["state"].items()},
        "rates": [group["lr"] for group in optimizer["param_groups"]],
        "history": {name: [row.get(name) for row in net.history] for name in names},
    }


def load_net_state_dict(net, state):
    """Set weights, state of the optimizer and history of an initialized net.

    Raises
    ------
    ValueError
        If the state does not fit the net.
    """
    names = {"weights", "moments", "rates", "history"}
    require(state.keys() == names, f"the net has other entries than {sorted(names)}")
    check_weights(net.module_, state["weights"])
    net.module_.load_state_dict(state["weights"])
    optimizer = net.optimizer_.state_dict()
    parameters = [p for group in net.optimizer_.param_groups for p in group["params"]]
    for number, moments in state["moments"].items():
        valid = type(number) is int and 0 <= number < len(parameters)
        require(valid, "the optimizer has more parameters than the network")
        check_moments(parameters[number], moments)
    require(len(state["rates"]) == len(optimizer["param_groups"]), "rates are missing")
    for group, rate in zip(optimizer["param_groups"], state["rates"], strict=True):
        valid = isinstance(rate, Real) and 0 <= rate < math.inf
        require(valid, f"a learning rate is {rate!r}")
        group["lr"] = float(rate)
    check_history(state["history"])
    optimizer["state"] = state["moments"]
    net.optimizer_.load_state_dict(optimizer)
    columns = state["history"]
    net.history.clear()
    for cells in zip(*columns.values(), strict=True):
        row = {n: cell for n, cell in zip(columns, cells, strict=True) if cell is not None}
        net.history.append({"batches": [], **row})


def check_weights(module, weights):
    """Raise ValueError if weights differ from those of a module in name, shape or type."""
    own = module.state_dict()
    require(type(weights) is dict and own.keys() == weights.keys(), "weights are missing")
    for name, weight in own.items():
        valid = _is_tensor(weights[name], weight.shape, weight.dtype)
        require(valid, f"{name} does not fit the network")


def check_finite(weights):
    """Raise ValueError if weights would make predictions NaN."""
    for name, weight in weights.items():
        valid = bool(weight.isfinite().all())
        valid = valid and not (name.endswith("running_var") and (weight < 0).any())
        require(valid, f"the weights {name} are not finite; fit again with a smaller lr")


def check_moments(parameter, moments):
    """Raise ValueError if the state of the optimizer does not fit a parameter."""
    valid = type(moments) is dict and moments.keys() - {TOUCHED} == MOMENTS
    require(valid, "moments are missing")
    for name, moment in moments.items():
        shape, dtype = parameter.shape, parameter.dtype
        if name == "step":
            shape, dtype = torch.Size(), torch.float32
        elif name == TOUCHED:
            shape = shape[:1]
        valid = _is_tensor(moment, shape, dtype) and not moment.isnan().any()
        # A negative number of steps or square would make the weights NaN.
        valid = valid and (name == "exp_avg" or not (moment < 0).any())
        require(valid, "the state of the optimizer does not fit the weights")


def check_history(columns):
    """Raise ValueError if columns of a history are not those of a table."""
    require(type(columns) is dict, "the history is invalid")
    n_epochs = len(columns.get("train_loss", ()))
    for name, cells in columns.items():
        valid = type(name) is str and type(cells) is list and len(cells) == n_epochs
        kinds = Real if name == "train_loss" else (Real, str, type(None))
        valid = valid and all(isinstance(cell, kinds) for cell in cells)
        require(valid, f"the history of {name!r} is invalid")


def _is_tensor(value, shape, dtype):
    is_tensor = isinstance(value, torch.Tensor)
    return is_tensor and value.shape == shape and value.dtype == dtype

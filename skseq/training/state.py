"""What a trained net has beside its parameters: weights, optimiser, log."""

import math
from numbers import Real

import torch

from skseq.persistence import require

# What AdamW keeps of a parameter.
MOMENTS = {"step", "exp_avg", "exp_avg_sq"}
# Rows of a log have about the same names; a table with a column for each is no larger than
# this many times its rows.
WIDEST_LOG = 8


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
        check_moments_fit(parameters[number], moments)
    require(len(state["rates"]) == len(optimizer["param_groups"]), "rates are missing")
    for group, rate in zip(optimizer["param_groups"], state["rates"], strict=True):
        fits = isinstance(rate, Real) and 0 <= rate < math.inf
        require(fits, f"a learning rate is {rate!r}")
        group["lr"] = float(rate)
    check_log(state["history"])
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
            _is_tensor(weights[name], value.shape, value.dtype),
            f"the weights {name!r} do not fit the parameters",
        )


def check_moments_fit(parameter, moments):
    """Raise if what an optimiser knows of a parameter is not of it."""
    require(moments.keys() == MOMENTS, "the optimiser has other moments")
    for name, moment in moments.items():
        shape, dtype = parameter.shape, parameter.dtype
        if name == "step":
            shape, dtype = torch.Size(), torch.float32
        fits = _is_tensor(moment, shape, dtype)
        # Steps and squares: with one below zero, training would go on to NaN.
        fits = fits and (name == "exp_avg" or not (moment < 0).any())
        require(fits, "the optimiser does not fit the weights")


def check_log(rows):
    """Raise if the log of a training is no table of a row for each epoch."""
    is_table = type(rows) is list and all(type(row) is dict for row in rows)
    require(is_table, "the log is damaged")
    names = {name for row in rows for name in row}
    n_cells = sum(len(row) for row in rows)
    require(len(rows) * len(names) <= WIDEST_LOG * n_cells, "the log is damaged")
    for row in rows:
        losses = row.get("train_loss"), row.get("valid_loss", 0.0)
        require(all(isinstance(loss, Real) for loss in losses), "the log lacks losses")


def _is_tensor(value, shape, dtype):
    is_tensor = isinstance(value, torch.Tensor)
    return is_tensor and value.shape == shape and value.dtype == dtype

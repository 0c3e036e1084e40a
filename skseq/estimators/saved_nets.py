"""Convert trained nets to plain values and back."""

from numbers import Integral

import torch
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from skseq.estimators.parameters import fitted_state
from skseq.estimators.saving import make_estimator
from skseq.exceptions import DeviceUnavailableWarning, warn
from skseq.networks import ModuleEncoder
from skseq.saved import is_positive_count, require
from skseq.training import SequenceNet, seeded
from skseq.training.devices import choose_device
from skseq.training.state import (
    check_finite,
    check_history,
    check_weights,
    load_net_state_dict,
    net_state_dict,
)

# Parameters of a net other than module, loss and device, and their types. They are also
# validated by the constraints of the estimator's parameters.
NET_PARAMETERS = {
    "lr": float,
    "max_epochs": int,
    "batch_size": int,
    "weight_decay": float,
    "max_grad_norm": (float, type(None)),
    "precision": str,
    "seed": int,
}
SEED = Interval(Integral, 0, 2**63, closed="left")


def net_to_state(net):
    """Return a net as plain values and tensors."""
    state = net_state_dict(net)
    check_finite(state["weights"])
    check_history(state["history"])
    parameters = {name: getattr(net, name) for name in NET_PARAMETERS}
    return {
        "architecture": net.parameters_,
        "parameters": {**parameters, "device": str(net.device)},
        **_describe_module(net.module_.encoder),
        **state,
    }


def _describe_module(encoder):
    """Return the size of the states of a user's module, which cannot be derived."""
    return {"width": encoder.width} if isinstance(encoder, ModuleEncoder) else {}


def restore_net(estimator, architecture, parameters, width=None, **state):
    """Return the net of an estimator whose other fitted attributes are set.

    `architecture` are the parameters of the estimator when the net was fitted, `parameters`
    those of the net, `width` is the size of the states of a user's module, `state` is what
    :func:`net_state_dict` returned. Raises ValueError.
    """
    require(parameters.keys() == {*NET_PARAMETERS, "device"}, "the net is invalid")
    device = parameters.pop("device")
    require(type(device) is str, "the device is invalid")
    for name, kind in NET_PARAMETERS.items():
        value = parameters[name]
        valid = isinstance(value, kind) and type(value) is not bool
        require(valid, f"{name} of the net is invalid")
    constraints = {**estimator._parameter_constraints, "seed": [SEED]}
    validate_parameter_constraints(constraints, parameters, "the net")
    builder = make_estimator(type(estimator), architecture)
    vars(builder).update(fitted_state(estimator))
    builder = builder._with_values()
    weights = state["weights"]
    require(type(weights) is dict, "the weights are invalid")
    # Layers take memory and time even on the meta device.
    require(builder._count_layers() <= len(weights), "weights are missing")
    require(width is None or is_positive_count(width), "the width is invalid")
    builder._module_width = width  # a module cannot be measured without memory
    with torch.device("meta"):  # no memory for weights that the file lacks
        check_weights(builder._build_network().float(), weights)
    builder._module_width = None
    check_finite(weights)
    with seeded(torch.Generator().manual_seed(0)):  # keeps the global random state
        module = builder._build_network().float()
    net = SequenceNet(
        module, builder._make_loss(), device=_find_device(device), **parameters
    ).initialize()
    load_net_state_dict(net, state)
    net.module_.eval()
    net.parameters_ = architecture
    return net


def _find_device(device):
    """Return the device that a net was on, or the CPU if it is not available."""
    try:
        return str(choose_device(device))
    except ValueError:
        warn(
            f"the model was fitted on device {device!r}, which is not available here; it "
            "uses 'cpu' from now on.",
            DeviceUnavailableWarning,
        )
        return "cpu"

"""Estimators as files of weights and plain values."""

import inspect
from numbers import Integral

import pandas as pd
import torch
from sklearn.utils._param_validation import Interval, validate_parameter_constraints
from sklearn.utils.validation import check_is_fitted

from skseq.estimators.learned import check_each
from skseq.estimators.parameters import fitted_state
from skseq.estimators.records import RECORDS
from skseq.exceptions import DeviceUnavailableWarning, FileFormatError, warn
from skseq.persistence import (
    NotPlainError,
    complain,
    read_archive,
    require,
    write_archive,
)
from skseq.training import SequenceNet
from skseq.training.devices import choose_device
from skseq.training.state import check_log, check_weights_fit, put_state, take_state

# Where a fit leaves its state is a matter of the machine, not of the model.
NOT_SAVED = {"checkpoint"}
# What a net is made with, beside module, criterion and device. Their values are
# further held to what the parameters of an estimator may be.
NET_PARAMETERS = {
    "lr": float,
    "max_epochs": int,
    "batch_size": int,
    "weight_decay": float,
    "max_grad_norm": (float, type(None)),
    "precision": str,
    "seed": int,
}
# What the parameter random_state becomes. A net counts on from there.
SEED = Interval(Integral, 0, 2**63, closed="left")
REMEDIES = {
    "callbacks": "Call set_params(callbacks=None) before saving",
    "target_transformer": "Take one of scikit-learn's scalers, a PowerTransformer, or a "
    "FunctionTransformer of numpy functions as np.log1p",
}


class SavedEstimator:
    """Writes a fitted estimator to a file that is safe to hand on."""

    def save(self, path):
        """Write the fitted estimator to a file, for :func:`skseq.load`.

        The file holds parameters, what was learned, and the state of the optimiser: numbers
        and plain values, in the safetensors format. Reading it runs no code, so it can
        be taken from strangers. A file that is there is replaced, whole or not at all.
        Not kept are `checkpoint` and what `set_output`, `set_callbacks` and metadata
        routing have set.

        Parameters
        ----------
        path : str or path-like
            The file, for example `"model.safetensors"`; `~` is your home.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If the class is not one of skseq's own, or a parameter is an object that
            cannot be written as plain values.
        ValueError
            If names (of series, columns or classes) take more than 100 MB.
        IsADirectoryError, FileNotFoundError
            If the path is a folder, or its folder is not there.

        Examples
        --------
        >>> import tempfile
        >>> import skseq
        >>> naive = skseq.SeasonalNaive(horizon=2).fit(None, [1.0, 3.0, 2.0])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     naive.save(f"{folder}/naive.safetensors")
        ...     skseq.load(f"{folder}/naive.safetensors").forecast(2)
        array([2., 2.])
        """
        check_is_fitted(self)
        if not type(self).__module__.startswith("skseq.estimators"):
            raise TypeError(
                f"{type(self).__name__} is not an estimator of skseq itself, and a file "
                "without code cannot say how its network is built; use pickle or joblib, or "
                "keep net_.module_.state_dict()."
            )
        content = {
            "class": type(self).__name__,
            "parameters": {
                name: value
                for name, value in self.get_params(deep=False).items()
                if name not in NOT_SAVED
            },
            **self._take_learned(),
        }
        try:
            write_archive(path, "estimator", content, RECORDS)
        except NotPlainError as error:
            self._refuse(error)

    def _take_learned(self):
        """Return all that a fit has set, as plain values and records."""
        state = fitted_state(self)
        net, history = state.pop("net_", None), state.pop("history_", None)
        state.pop("n_iter_", None)
        if net is None:
            return {"state": state}
        made = {name: getattr(net, name) for name in NET_PARAMETERS}
        return {
            "state": state,
            "history": history.to_dict("records"),
            "network": net.parameters_,
            "net": {**made, "device": str(net.device)},
            "training": take_state(net),
        }

    def _refuse(self, error):
        """Say which parameter cannot be written, and what to do."""
        name = error.place[1] if len(error.place) > 1 else error.place[0]
        value = f"{error.value!r} ({type(error.value).__name__})"
        is_own = error.place[0] in ("parameters", "network")
        remedy = REMEDIES.get(name.rstrip("_"), "Set it to a plain value and fit anew")
        what = f"{name} holds" if is_own else f"{name}, of what was learned, holds"
        raise TypeError(
            f"{type(self).__name__} cannot be saved: {what} {value}, which cannot be "
            f"written as plain values. {remedy}; or use pickle, joblib or skops, which can."
        ) from None


def load_estimator(path, classes):
    """Return the estimator that a file holds.

    Parameters
    ----------
    path : str or path-like
        The file.
    classes : dict of type
        The classes that it may be of, by name.
    """
    content = read_archive(path, "estimator", RECORDS)
    try:
        cls = classes.get(content["class"])
        if cls is None:
            raise FileFormatError(
                f"{path} holds a {content['class']}, which this skseq does not have: it was "
                "written by another version."
            )
        return _restore(cls, content)
    except FileFormatError:
        raise
    except Exception as error:
        raise complain(path, error) from error


def _restore(cls, content):
    estimator = _make(cls, content["parameters"])
    state = content["state"]
    # What follows from the net's log is not stored beside it.
    names = cls._learned_names - {"net_", "history_", "n_iter_", "loss_", "valid_loss_"}
    absent = names - set(state) - {"n_features_in_", "feature_names_in_"}
    require(not absent, f"{sorted(absent)} are missing")
    foreign = set(state) - names
    require(not foreign, f"{sorted(foreign, key=str)} are not known")
    check_each(state)
    vars(estimator).update(state)
    estimator._check_learned()
    if "net_" in cls._learned_names:
        _restore_net(estimator, content)
    return estimator


def _make(cls, parameters):
    unknown = set(parameters) - set(inspect.signature(cls).parameters)
    require(not unknown, f"{cls.__name__} has no parameters {sorted(unknown, key=str)}")
    require(not NOT_SAVED & set(parameters), f"{sorted(NOT_SAVED)} cannot be kept")
    estimator = cls(**parameters)
    estimator._validate_params()
    return estimator


def _restore_net(estimator, content):
    """Give an estimator the net that it was saved with."""
    made, training = content["net"], content["training"]
    require(made.keys() == {*NET_PARAMETERS, "device"}, "the net is damaged")
    device = made.pop("device")
    require(type(device) is str, "the net's device is damaged")
    for name, kind in NET_PARAMETERS.items():
        fits = isinstance(made[name], kind) and type(made[name]) is not bool
        require(fits, f"the net's {name} is damaged")
    constraints = {**estimator._parameter_constraints, "seed": [SEED]}
    validate_parameter_constraints(constraints, made, "the net")
    # The network is that of the fit, whatever the parameters said when it was saved.
    builder = _make(type(estimator), content["network"])
    builder._check_combinations()
    vars(builder).update(content["state"])
    weights = training["weights"]
    sizes = (builder.num_layers, builder.stem)
    require(max(sizes) <= len(weights), "weights are missing")
    # Without memory, until it is known that the file has all weights.
    with torch.device("meta"):
        module = builder._build_network().float()
    check_weights_fit(module, weights)
    module.load_state_dict(weights, assign=True)
    check_log(content["history"])
    net = SequenceNet(
        module, builder._make_loss(), device=_find_device(device), **made
    ).initialize()
    put_state(net, training)
    net.module_.eval()
    net.parameters_ = content["network"]
    estimator.net_ = net
    estimator.history_ = pd.DataFrame(content["history"])
    estimator.n_iter_ = len(estimator.history_)


def _find_device(device):
    """Return the device that a net was on, or the CPU where it is absent."""
    try:
        return str(choose_device(device))
    except ValueError:
        warn(
            f"the model was fitted on device {device!r}, which is not present here; it uses "
            "'cpu' from now on.",
            DeviceUnavailableWarning,
        )
        return "cpu"

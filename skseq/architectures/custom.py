"""The architecture of a user's network."""

import inspect
import types
from typing import ClassVar

from sklearn.base import BaseEstimator
from torch import nn

from skseq.architectures.parameters import CustomParameters, InputLayerParameters
from skseq.exceptions import FileFormatError
from skseq.quoting import quote

PREFIX = "network__"


class CustomArchitecture(BaseEstimator, InputLayerParameters, CustomParameters):
    """A network that the user passes as a class or function."""

    _builder = "network"
    _saves_modules = True

    _parameter_docs: ClassVar[dict] = {
        "hidden_size": """int, default=64
Number of features of the tokens that `stem` and patches pass to `network`.""",
        "dropout": """float, default=0.1
Dropout probability on embeddings and on the input of the head. The dropout of `network` is
its own.""",
    }

    _notes: ClassVar[str] = """
By default, `network` receives each step as it is (after scaling). With `stem` or
`patch_size`, it receives tokens of `hidden_size` features. Its weights, and the masks of
:class:`torch.nn.Dropout`, depend on `random_state` only."""

    _example_setup: ClassVar[str] = """
>>> from torch import nn
>>> def network(n_features, width=16):
...     return nn.Sequential(nn.Linear(n_features, width), nn.Tanh())"""

    _example_arguments = "network=network"

    _example: ClassVar[str] = """
>>> small = {name}().set_params(network__width=8)
>>> small.get_params()["network__width"], small.network_params
(8, {{'width': 8}})"""

    def build(self, n_features):
        """Return the module of `network`.

        Parameters
        ----------
        n_features : int
            Number of features of its input.

        Returns
        -------
        torch.nn.Module
            Maps (batch, time, n_features) to (batch, time, width).
        """
        return self.network(n_features, **(self.network_params or {}))

    def get_params(self, deep=True):
        """Return the parameters by name.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add the parameters of `network`, with the prefix `network__`. Those
            that are not in `network_params` have their default.

        Returns
        -------
        dict
            Values by name.
        """
        found = super().get_params(deep=deep)
        if not deep or not callable(self.network):
            return found
        own = {
            name: argument.default
            for name, argument in _list_arguments(self.network).items()
            if argument.default is not argument.empty
        }
        given = self.network_params if isinstance(self.network_params, dict) else {}
        return found | {f"{PREFIX}{name}": value for name, value in (own | given).items()}

    def set_params(self, **params):
        """Set parameters, also those of `network`.

        Parameters
        ----------
        **params : dict
            Values by name. Those with the prefix `network__` become entries of
            `network_params`.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If the estimator or `network` has no such parameter.
        """
        given = {
            name.removeprefix(PREFIX): params.pop(name)
            for name in list(params)
            if name.startswith(PREFIX)
        }
        _check_arguments(params.get("network", self.network), given)
        is_other = params.get("network", self.network) is not self.network
        if self.network is not None and is_other:
            # Another network does not have the parameters of this one.
            params.setdefault("network_params", None)
        super().set_params(**params)
        before = self.get_params()
        changed = {
            name: value
            for name, value in given.items()
            if before.get(f"{PREFIX}{name}", given) is not value
        }
        if changed:  # else set_params(**get_params()) would write the defaults
            self.network_params = {**(self.network_params or {}), **changed}
        return self

    def _encode_content(self, content):
        """Return the content of a file with the names of networks."""
        return _replace_networks(content, self._name_network)

    @classmethod
    def _decode_content(cls, content, networks):
        """Return the content of a file with the networks of these names."""

        def find(name):
            if type(name) is str and name in networks:
                return networks[name]
            raise FileFormatError(
                f"the file contains the name of a network, {quote(name)}, but not its code. "
                f"Pass the class or function: load(path, networks=[{name}])."
            )

        return _replace_networks(content, find)

    def _name_network(self, network):
        name = getattr(network, "__name__", None)
        if isinstance(name, str) and name.isidentifier():
            return name
        what = "a lambda" if isinstance(network, types.FunctionType) else quote(network)
        raise TypeError(
            f"{type(self).__name__} cannot be saved: network is {what}, which has no name "
            "by which load could find it. Pass a class or a function that is defined with "
            "def, and its arguments in network_params; or use pickle or joblib."
        )

    def _check_architecture(self):
        """Raise TypeError or ValueError if there is no network with these parameters."""
        name = type(self).__name__
        if self.network is None:
            raise ValueError(
                f"{name} has no network. Pass a class or a function that returns a "
                f"torch.nn.Module for n_features, for example {name}(network=MyModule)."
            )
        if isinstance(self.network, nn.Module):
            cls = type(self.network).__name__
            raise TypeError(
                f"network is an instance of {cls}, but each fit needs new weights. Pass the "
                f"class, network={cls} (with its arguments in network_params), or a "
                f"function such as lambda n_features: {cls}(...)."
            )
        params = self.network_params or {}
        _check_arguments(self.network, params)
        arguments = _list_arguments(self.network)
        missing = [
            name
            for name, argument in arguments.items()
            if argument.default is argument.empty and name not in params
        ]
        if missing:
            raise ValueError(
                f"{_describe(self.network)} requires {', '.join(missing)}. Pass "
                f"network_params={{{missing[0]!r}: ...}}."
            )


def _replace_networks(content, function):
    """Return the content of a file in which a function has replaced each network.

    They are in the parameters of the estimator, which may have changed after `fit`, and in
    those of its net.
    """
    parameters, net = content["parameters"], content["net"]
    fitted = net["architecture"]
    return {
        **content,
        "parameters": {**parameters, "network": function(parameters["network"])},
        "net": {**net, "architecture": {**fitted, "network": function(fitted["network"])}},
    }


def _list_arguments(network):
    """Return the arguments of a network after the number of features, by name.

    They are empty if the signature is unknown.
    """
    try:
        arguments = list(inspect.signature(network).parameters.values())
    except (TypeError, ValueError):
        return {}
    named = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    return {a.name: a for a in arguments[1:] if a.kind in named}


def _check_arguments(network, params):
    """Raise ValueError if a network has no arguments of these names."""
    if not params or not callable(network) or isinstance(network, nn.Module):
        return
    try:
        kinds = {a.kind for a in inspect.signature(network).parameters.values()}
    except (TypeError, ValueError):
        return
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return
    unknown = [name for name in params if name not in _list_arguments(network)]
    if unknown:
        raise ValueError(
            f"network has no parameter {quote(unknown[0])}: it is {_describe(network)}."
        )


def _describe(network):
    """Return the name of a network with its signature."""
    name = getattr(network, "__name__", None) or quote(network)
    return f"{name}{inspect.signature(network)}"

"""Save and load estimators."""

import inspect
from typing import ClassVar

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skseq.estimators.parameters import fitted_state
from skseq.exceptions import FileFormatError
from skseq.persistence import NotPlainError, write_archive
from skseq.saved import SavedAttributes, require

# Parameters that are not saved: the checkpoint folder is specific to a machine.
NOT_SAVED = {"checkpoint"}
# Fitted attributes that may be absent.
OPTIONAL = {"n_features_in_", "feature_names_in_"}
REMEDIES = {
    "network_params": "Use numbers, strings, lists and dicts",
    "callbacks": "Call set_params(callbacks=None) before saving",
    "target_transformer": "Use a scaler of scikit-learn, a PowerTransformer, or a "
    "FunctionTransformer of numpy functions such as np.log1p",
}
# The classes that a file may name; see `find_class`.
CLASSES: dict[str, type] = {}


class SavedEstimator(BaseEstimator, SavedAttributes):
    """Writes a fitted estimator to a file that is safe to share.

    Classes register themselves: those of skseq by their name, others by their module and
    name, so that a class of another package never replaces one of skseq.
    """

    # Fitted attributes that `_restore` derives from other entries of the file.
    _derived_attributes: ClassVar[frozenset] = frozenset()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        CLASSES[_name_class(cls)] = cls

    def save(self, path):
        """Write the fitted estimator to a file, for :func:`skseq.load`.

        The file contains the parameters, the fitted attributes and the state of the
        optimizer as numbers and plain values in the safetensors format. Loading runs no
        code, so files from untrusted sources are safe to load. An existing file is
        replaced, or kept if writing fails. The parameter `checkpoint` and the settings of
        `set_output`, `set_callbacks` and metadata routing are not saved.

        Parameters
        ----------
        path : str or path-like
            The file, for example `"model.safetensors"`; ``~`` is the home directory.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If the network is a `torch.nn.Module` that `build` returned, or `network` is a
            lambda, or if a parameter or a fitted attribute cannot be written as plain
            values.
        ValueError
            If names of series, columns or classes take more than 100 MB, or if weights
            are not finite.
        IsADirectoryError, FileNotFoundError
            If the path is a folder, or its folder does not exist.

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
        self._check_savable()
        try:
            write_archive(path, "estimator", self._to_content())
        except NotPlainError as error:
            self._raise_not_plain(error)

    def _encode_content(self, content):
        """Return the content of a file, with names in place of the user's networks."""
        return content

    @classmethod
    def _decode_content(cls, content, networks):
        """Return the content of a file, with networks in place of their names."""
        return content

    def _check_savable(self):
        """Raise if the estimator cannot be rebuilt from a file."""
        unknown = fitted_state(self).keys() - self._attribute_checks.keys()
        if unknown - self._derived_attributes:
            raise TypeError(
                f"{type(self).__name__} cannot be saved: its fitted attributes "
                f"{sorted(unknown - self._derived_attributes)} have no entry in "
                "_attribute_checks. Add one, or use pickle or joblib."
            )

    def _to_content(self):
        """Return the content of the file, from which `restore_estimator` creates a copy."""
        parameters = self.get_params(deep=False)
        content = {
            "class": _name_class(type(self)),
            "parameters": {n: v for n, v in parameters.items() if n not in NOT_SAVED},
            **self._to_state(),
        }
        return self._encode_content(content)

    def _to_state(self):
        """Return entries of the file: fitted attributes as plain values."""
        checks = self._attribute_checks
        return {"state": {n: v for n, v in fitted_state(self).items() if n in checks}}

    def _restore(self, state):
        """Set and validate fitted attributes; `state` is what `_to_state` returned."""
        require(type(state) is dict, "state is invalid")
        checks = self._attribute_checks
        absent = checks.keys() - state.keys() - OPTIONAL
        require(not absent, f"fitted attributes {sorted(absent)} are missing")
        unknown = state.keys() - checks.keys()
        require(not unknown, f"fitted attributes {sorted(unknown, key=str)} are unknown")
        for name, value in state.items():
            require(checks[name](value), f"{name} is invalid")
        vars(self).update(state)
        self._check_restored()

    def _check_restored(self):
        super()._check_restored()
        names = getattr(self, "feature_names_in_", None)
        valid = names is None or len(names) == getattr(self, "n_features_in_", None)
        require(valid, "feature_names_in_ does not fit n_features_in_")

    def _raise_not_plain(self, error):
        """Raise the TypeError that names the parameter or attribute and a remedy."""
        name = error.place[1] if len(error.place) > 1 else error.place[0]
        remedy = REMEDIES.get(name.rstrip("_"), "Set it to a plain value and fit again")
        raise TypeError(
            f"{type(self).__name__} cannot be saved: {name} contains {error.value!r} "
            f"({type(error.value).__name__}), which cannot be written as plain values. "
            f"{remedy}; or use pickle or joblib."
        ) from None


def restore_estimator(path, content, networks):
    """Return the estimator that the content of a file describes.

    `networks` are classes and functions by name.
    """
    require(type(content) is dict, "the content is invalid")
    cls = find_class(path, content.pop("class"))
    content = cls._decode_content(content, networks)
    estimator = make_estimator(cls, content.pop("parameters"))
    estimator._restore(**content)
    return estimator


def find_class(path, name):
    """Return the class that a file names. Nothing is imported."""
    require(type(name) is str and len(name) < 200, "the class is invalid")
    cls = CLASSES.get(name)
    if cls is None or inspect.isabstract(cls):
        module, _, _ = name.rpartition(":")
        remedy = f"import {module} first" if module else "upgrade skseq"
        raise FileFormatError(f"{path} contains a {name}, which is unknown: {remedy}.")
    return cls


def make_estimator(cls, parameters):
    """Return an unfitted estimator with the parameters of a file."""
    require(type(parameters) is dict, "the parameters are invalid")
    unknown = parameters.keys() - inspect.signature(cls).parameters.keys()
    require(not unknown, f"{cls.__name__} has no parameters {sorted(unknown, key=str)}")
    require(not NOT_SAVED & parameters.keys(), f"{sorted(NOT_SAVED)} cannot be saved")
    estimator = cls(**parameters)
    estimator._validate_params()
    return estimator


def _name_class(cls):
    """Return the name by which files refer to a class."""
    is_own = cls.__module__.partition(".")[0] == "skseq"
    return cls.__name__ if is_own else f"{cls.__module__}:{cls.__qualname__}"

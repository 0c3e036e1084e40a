"""Prediction step by step, while sequences arrive."""

import copy
import math
from numbers import Integral

import numpy as np
import torch
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skseq.quoting import quote


class Stream:
    """Predicts sequences whose steps arrive one after the other.

    The method `stream` of an estimator returns it. Each call of `predict` or
    `predict_proba` reads one step of every sequence. The cost of a step does not depend on
    the number of earlier steps. A stream can be pickled and copied, and it does not change
    if the estimator is fitted again.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    n_sequences : int
        Number of sequences that are read at the same time.
    """

    def __init__(self, estimator, n_sequences):
        self.n_sequences = n_sequences
        # A fit replaces the attributes of the estimator; those of the copy stay.
        self._estimator = copy.copy(estimator)
        self._network = estimator.net_.module_.eval()
        self._step = self._make_step()
        self._device = torch.device(estimator.net_.device)
        self._is_on_cpu = self._device.type == "cpu"
        self._state = None
        self.reset()

    @property
    def state(self):
        """State after the steps so far: a tuple of tensors and tuples.

        The first axis of each tensor is that of the sequences. A state can be stored and
        set again, to continue from the same step.
        """
        return self._state

    @state.setter
    def state(self, state):
        self._state = state

    def reset(self, sequences=None):
        """Start new sequences.

        Parameters
        ----------
        sequences : int, array-like of int or bool, or None, default=None
            Positions of the sequences that start again; None for all. The others continue.

        Returns
        -------
        self : object
            The stream.

        Raises
        ------
        IndexError
            If there is no such sequence.
        """
        with torch.inference_mode():
            initial = self._make_initial_state()
            if sequences is not None:
                is_new = torch.from_numpy(mark_places(self.n_sequences, sequences))
                initial = choose_rows(is_new, initial, self._state)
        self._state = initial
        return self

    def predict(self, x_t):
        """Read one step of each sequence, and predict.

        Parameters
        ----------
        x_t : array-like of shape (n_sequences, n_features)
            The next step of each sequence. The axis of a single sequence, or of a single
            feature, may be omitted.

        Returns
        -------
        ndarray of shape (n_sequences,) or (n_sequences, n_outputs)
            Step estimators predict this step. Other estimators predict the sequence of the
            steps so far.

        Raises
        ------
        ValueError
            If x_t has another shape, or values that `predict` of the estimator rejects.
            The state is then unchanged.
        """
        return self._estimator._decide(self._read(x_t))

    @available_if(lambda self: self._estimator._has_probabilities)
    def predict_proba(self, x_t):
        """Read one step of each sequence, and estimate the probability of each class.

        Parameters
        ----------
        x_t : array-like of shape (n_sequences, n_features)
            The next step of each sequence, as for `predict`.

        Returns
        -------
        ndarray of shape (n_sequences, n_classes)
            Columns are in the order of `classes_`.

        Raises
        ------
        ValueError
            As for `predict`.
        """
        return self._estimator._find_probabilities(self._read(x_t))

    def __getstate__(self):
        """Return the attributes without the function, which cannot be pickled."""
        return {**vars(self), "_step": None}

    def __setstate__(self, state):
        vars(self).update(state)
        self._step = self._make_step()

    def __repr__(self):
        name, n = type(self._estimator).__name__, self.n_sequences
        return f"<{type(self).__name__} of {n} sequence{'s' * (n != 1)}, {name}>"

    def _make_step(self):
        """Return the function of a step and the state before it; see `Network.make_step`."""
        return self._network.make_step()

    def _make_initial_state(self):
        """Return the state before the first step."""
        return self._network.initial_state(self.n_sequences)

    def _read(self, x_t):
        """Read a step; return the outputs of the network in double precision."""
        x = self._estimator.scaler_.transform_step(x_t, self.n_sequences)
        with torch.inference_mode():
            if self._is_on_cpu:  # faster than a conversion without effect
                outputs, state, _ = self._step(x, self._state)
            else:
                outputs, state, _ = self._step(x.to(self._device), self._state)
                outputs = outputs.cpu()
        outputs = outputs.numpy().astype(np.float64)
        # A sum is faster than a check of each number.
        if not math.isfinite(np.vdot(outputs, outputs)):
            i = int(np.isfinite(outputs).all(axis=1).argmin())
            raise ValueError(
                f"the outputs of the network for sequence {i} are not finite. Its step is "
                f"{quote(np.asarray(x_t).tolist())}: remove or clip extreme values."
            )
        self._state = state
        return outputs


def mark_places(n, places):
    """Return which of n positions are given, by numbers or as bool: (n,).

    `places` may be empty. Raises IndexError if there is no such position.
    """
    is_given, places = np.zeros(n, dtype=bool), np.asarray(places)
    if places.size:
        is_given[places] = True
    return is_given


def choose_rows(is_chosen, chosen, other):
    """Return states whose rows come from one of two: tensors, or lists or tuples of them."""
    if isinstance(chosen, torch.Tensor):
        mask = is_chosen.to(chosen.device).view(-1, *[1] * (chosen.ndim - 1))
        return torch.where(mask, chosen, other)
    return type(chosen)(
        choose_rows(is_chosen, *pair) for pair in zip(chosen, other, strict=True)
    )


def make_stream(estimator, n_sequences):
    """Return the stream of a fitted estimator."""
    check_is_fitted(estimator)
    check_n_sequences(n_sequences)
    check_causal(estimator)
    return Stream(estimator, int(n_sequences))


def check_n_sequences(n_sequences):
    """Raise ValueError unless the number of sequences of a stream is a positive integer."""
    if not isinstance(n_sequences, Integral) or n_sequences < 1:
        raise ValueError(
            "n_sequences should be a whole number of sequences, at least 1. Got "
            f"{quote(n_sequences)} instead."
        )


def check_causal(estimator):
    """Raise ValueError if the network of a fitted estimator needs later steps."""
    network, wrong = estimator.net_.module_, {}
    if network.inputs.stem is not None:
        wrong["stem"] = 0
    # Without a stem, patch_size="auto" would choose patches.
    if network.token_steps > 1 or (wrong and estimator.net_.parameters_["patch_size"] != 1):
        wrong["patch_size"] = 1
    if not network.encoder.is_causal:
        if not estimator._causal_parameters:
            raise ValueError(
                f"{type(estimator).__name__} cannot predict step by step, because the "
                f"states of {network.encoder.name} may depend on later steps. Use an RNN, "
                "an LSTM or a GRU with bidirectional=False."
            )
        wrong |= estimator._causal_parameters
    if wrong:
        fitted = ", ".join(f"{name}={estimator.net_.parameters_[name]!r}" for name in wrong)
        needed = ", ".join(f"{name}={value!r}" for name, value in wrong.items())
        raise ValueError(
            f"{type(estimator).__name__} cannot predict step by step, because it was fitted "
            f"with {fitted}: its predictions depend on later steps. Fit it with {needed}."
        )

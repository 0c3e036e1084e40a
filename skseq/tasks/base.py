"""Base classes of tasks, which define what an estimator predicts."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from skseq.saved import SavedAttributes


class Task(SavedAttributes, ABC):
    """Head, loss and decision of an estimator."""

    # Field of the architecture: dropout in front of the head.
    dropout: Any

    @abstractmethod
    def _make_loss(self):
        """Return the loss, a :class:`skseq.tasks.losses.Loss`.

        `load` calls this again, with the parameters and the attributes of the last fit.
        """

    @abstractmethod
    def _make_head(self, encoder, token_steps):
        """Return the head of the network, a :class:`skseq.networks.Head`.

        Parameters
        ----------
        encoder : skseq.networks.Encoder
            Its states are the input of the head.
        token_steps : int
            Number of steps that became one token of the encoder.
        """


class SequenceTask(Task):
    """A task of estimators that read whole sequences.

    The template calls the methods that tasks implement, in this order: `_check_targets`,
    `_learn_targets`, `_encode_targets`, `_make_head`, `_make_loss`. Tasks call
    `_predict_raw` and `_partial_fit`, which the template implements.
    """

    # Field of the inputs; regressors standardize targets as well.
    scale: bool
    # Whether targets are numbers, not labels.
    _predicts_numbers: ClassVar[bool]
    # The fitted net, which the template sets.
    net_: Any
    _reads_text: bool

    @property
    @abstractmethod
    def coding_(self):
        """How the outputs of the network are read: :class:`skseq.tasks.coding.Coding`."""

    @abstractmethod
    def _check_targets(self, y):
        """Return validated targets as an array (n_sequences, ...), indexed by sequence.

        `y` is an array (of numbers for regressors), a Series or a DataFrame, and has no
        missing targets. Its number of targets is checked later.
        """

    @abstractmethod
    def _learn_targets(self, y, classes=None):
        """Set the fitted attributes that describe validated targets (n_sequences, ...).

        `classes` is the argument of `partial_fit`.
        """

    @abstractmethod
    def _encode_targets(self, y):
        """Return validated targets encoded for the loss: RowTargets or SequenceTargets.

        Raises ValueError if the targets do not match those of the first fit.
        """

    @abstractmethod
    def _export_outputs(self, graph, outputs):
        """Add the predictions to an ONNX graph, given the name of the outputs of the head.

        Returns a dict from the name of each output of the model to its dtype and shape. The
        names are `label` and `probabilities` for tasks with `predict_proba`, and otherwise
        `predictions`, which equals the result of `predict`.
        """

    def _initialize(self, network, training):
        """Set weights of a new network that depend on the training set, if any."""

    def _weigh_targets(self, y):
        """Return the weight of each sequence by its target, or None if all are equal."""
        return None

    def _find_only_class(self, y):
        """Return the class of all validated targets if there are others, or None."""
        return None

    def _stratify(self, y):
        """Return the class of each sequence for a stratified split, or None."""
        return None

    # Whether `_find_probabilities` is implemented.
    _has_probabilities: ClassVar[bool] = False

    @abstractmethod
    def _decide(self, outputs):
        """Return predictions (n, ...), given outputs of the network (n, n_outputs).

        The outputs are in double precision. They belong to n sequences, or to n steps if a
        prediction is made for every step; then they are those of
        :meth:`skseq.networks.Network.step`.
        """

    def _find_probabilities(self, outputs):
        """Return the probabilities (n, n_classes) of outputs, as for `_decide`."""
        raise TypeError(f"{type(self).__name__} predicts no probabilities.")

    @abstractmethod
    def _predict_raw(self, X):
        """Return the raw outputs of the network for X, in double precision.

        Raises NotFittedError before the first fit: call it before you read fitted
        attributes.
        """

    @abstractmethod
    def _partial_fit(self, X, y, sample_weight, classes=None):
        """Train for one epoch, starting from the current weights."""


class ForecastTask(Task):
    """A task of estimators that read windows of series."""

    # Fields of the task.
    period: int | None
    differencing: str | None
    normalization: str | None
    unit: str
    conformal: bool

    @abstractmethod
    def _make_pooling(self, encoder):
        """Return the pooling of an encoder's states, a :class:`skseq.networks.Pooling`."""

    @abstractmethod
    def _check_forecasting(self):
        """Raise ValueError if parameters of the task contradict each other."""

    @abstractmethod
    def _count_outputs(self):
        """Return the number of outputs of the network per step."""

    @abstractmethod
    def _choose_steps(self, lengths, lag):
        """Return the horizon and the context length.

        Parameters
        ----------
        lengths : ndarray of int of shape (n_series,)
            Number of steps of each series.
        lag : int
            Lag of the seasonal differences; 0 for none.
        """

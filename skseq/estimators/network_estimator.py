"""The template of estimators with a network: building the net and training it."""

import copy
from abc import abstractmethod
from typing import ClassVar

import pandas as pd
import torch
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin

from skseq.architectures import Architecture
from skseq.estimators.parameters import MergedParameters
from skseq.estimators.saved_nets import net_to_state, restore_net
from skseq.estimators.saving import SavedEstimator
from skseq.exceptions import InterruptedFitWarning, warn
from skseq.networks import ModuleEncoder, Network
from skseq.saved import is_positive_count
from skseq.tasks.base import Task
from skseq.training import SequenceNet, Training, draw_seed, seeded
from skseq.training.callbacks import BestWeights, EpochProgress, WarmupCosine
from skseq.training.devices import choose_device
from skseq.training.processes import join_processes
from skseq.training.state import check_history

# Parameters that do not affect the network.
NOT_OF_THE_NETWORK = {
    "augmentation",
    "callbacks",
    "checkpoint",
    "device",
    "random_state",
    "target_transformer",
    "verbose",
}


class NetworkEstimator(
    SavedEstimator,
    MergedParameters,
    CallbackSupportMixin,
    BaseEstimator,
    Task,
    Architecture,
    Training,
):
    """Builds, trains and stores a skorch net.

    A leaf adds an architecture, a task, and parameters of the optimizer and the budget.
    """

    # Fitted attributes.
    n_iter_: int
    history_: pd.DataFrame

    # True in clones. Searches and ensembles fit clones, and Ctrl-C must end the search. A
    # fit that the user calls directly keeps the best weights so far instead.
    _is_clone = False
    # The estimator that uses this one and that messages name, or None.
    _owner_name = None

    _attribute_docs: ClassVar[dict] = {
        "net_": """skorch.NeuralNet
The trained net: `net_.module_` is the torch module, `net_.history` the training log.""",
        "history_": """pandas.DataFrame
One row per epoch: losses, score, learning rate, gradient norm, seconds.""",
        "n_iter_": """int
Number of epochs.""",
        "loss_": """float
Training loss of the last epoch.""",
        "valid_loss_": """float or None
Validation loss of the weights that were kept; None without early stopping.""",
        "patch_size_": """int
Number of steps per token.""",
    }

    _attribute_checks: ClassVar[dict] = {"patch_size_": is_positive_count}
    _derived_attributes = frozenset({"net_", "history_", "n_iter_"})

    def __sklearn_clone__(self):
        """Return an unfitted copy."""
        other = super().__sklearn_clone__()
        other._is_clone = True
        return other

    @property
    def loss_(self):
        """Training loss of the last epoch."""
        # Training may have been interrupted in the first epoch.
        return float(self.history_["train_loss"].iloc[-1]) if self.n_iter_ else None

    @property
    def valid_loss_(self):
        """Validation loss of the weights that were kept."""
        if "valid_loss" not in self.history_:
            return None
        return float(self.history_["valid_loss"].min())

    @property
    def _shown_name(self):
        """Name in messages."""
        return self._owner_name or type(self).__name__

    @property
    def _reads_text(self):
        """Whether X has only categorical features, such as words. By default, it has not."""
        return False

    @property
    def _reads_log(self):
        """Whether X has numeric and categorical features. By default, it has not."""
        return False

    def _choose_value(self, values):
        """Return the value for X of a parameter in `_auto_values`."""
        if self._reads_text:
            return values[1]
        return values[2] if self._reads_log and len(values) > 2 else values[0]

    @abstractmethod
    def _build_network(self):
        """Return the network, a :class:`skseq.networks.Network`."""

    def _with_values(self):
        """Return a copy that has the values of the parameters in `_auto_values`."""
        chosen = copy.copy(self)
        for name, values in self._auto_values.items():
            if getattr(self, name) == "auto":
                setattr(chosen, name, self._choose_value(values))
        return chosen

    def _validate_params(self):
        """Validate the parameters, alone and in combination."""
        super()._validate_params()
        self._check_callbacks()
        self._check_combinations()

    def _check_combinations(self):
        """Raise if parameters contradict each other."""
        self._check_architecture()

    def _peek_seed(self):
        """Return a seed, without drawing from a generator that the user passed."""
        return draw_seed(copy.deepcopy(self.random_state))

    def _compose(self, inputs):
        """Return the network of given input layers, with encoder and head."""
        encoder = self._make_encoder(inputs.width)
        head = self._make_head(encoder, inputs.token_steps)
        return Network(inputs, encoder, head)

    def _make_net(self, batch_size, n_epochs, device, loss):
        """Return an initialized skorch net with new weights."""
        seed = draw_seed(self.random_state)
        chosen, clip = self._with_values(), self.max_grad_norm
        with seeded(torch.Generator().manual_seed(seed)):
            net = SequenceNet(
                chosen._build_network().float(),
                loss,
                lr=float(chosen.lr),
                max_epochs=n_epochs,
                batch_size=batch_size,
                weight_decay=float(chosen.weight_decay),
                max_grad_norm=None if clip is None else float(clip),
                precision=self.precision,
                seed=seed,
                device=str(device),
                callbacks=list(self.callbacks or []),
            ).initialize()
        # The parameters of the network; those of the estimator may change after fit.
        net.parameters_ = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if name not in NOT_OF_THE_NETWORK
        }
        return net

    def _copy_weights(self, net):
        """Set the weights of a net to those of the previous fit."""
        try:
            net.module_.load_state_dict(self.net_.module_.state_dict())
        except RuntimeError:
            raise ValueError(
                "warm_start=True starts from the weights of the previous fit, but "
                "parameters that determine the shape of the network have changed since. "
                "Set them back, or use warm_start=False."
            ) from None

    def _copy_net(self):
        """Return a copy of the net to train; the net is kept if training fails."""
        net = copy.deepcopy(self.net_)
        net.callbacks = list(self.callbacks or [])  # the objects of the user, not copies
        net.initialize_callbacks()
        net.lr = float(self._with_values().lr)
        for group in net.optimizer_.param_groups:
            group["lr"] = net.lr
        return net

    def _make_callbacks(
        self, n_epochs, n_updates, *, validates, processes, floor=None, stage=""
    ):
        """Return the callbacks of one fit, in the order in which they are called.

        `floor` is that of :class:`WarmupCosine`. `stage` is shown by the progress bar.
        """
        callbacks = []
        if self.lr_schedule == "cosine":
            callbacks.append(("schedule", WarmupCosine(n_updates, floor=floor)))
        if validates:
            callbacks.append(("best", BestWeights(self.n_iter_no_change)))
        if self.verbose and processes.rank == 0:
            callbacks.append(
                ("progress", EpochProgress(n_epochs, self._shown_name + stage))
            )
        return callbacks

    def _choose_hardware(self):
        """Return the device, and the processes that train together."""
        device = choose_device(self.device)
        return device, join_processes(self.data_parallel, device)

    def _train(self, net, training, validation, n_epochs, callbacks, processes):
        """Train a net from its first epoch and store it; return whether it was interrupted.

        Ctrl-C keeps the best weights so far and issues a warning. In a clone, it raises
        KeyboardInterrupt.
        """
        interrupted = net.train(
            training,
            validation,
            n_epochs,
            callbacks,
            processes=processes,
            folder=self.checkpoint,
        )
        if interrupted:
            if self._is_clone:
                raise KeyboardInterrupt
            epoch = net.interrupted_epoch_
            kept = "the best weights so far and can predict."
            if not net.history:
                kept = "its weights, but completed no epoch. Call fit again before predict."
            warn(
                f"training was interrupted in epoch {epoch} of {n_epochs}; "
                f"{self._shown_name} keeps {kept}",
                InterruptedFitWarning,
            )
        self._keep_net(net)
        return interrupted

    def _train_further(self, net, training, n_epochs, processes, factor=1.0):
        """Train a net for more epochs at a constant learning rate and store it.

        The updates are multiplied by a factor.
        """
        with net.scaled_updates(factor):
            interrupted = net.train(training, None, n_epochs, processes=processes)
        if interrupted:
            raise KeyboardInterrupt  # such calls are often in a loop, which should end
        self._keep_net(net)

    def _keep_net(self, net):
        """Set the fitted attributes that a trained net determines."""
        self.net_ = net
        rows = [
            {name: value for name, value in row.items() if name != "batches"}
            for row in net.history
        ]
        self.history_ = pd.DataFrame(rows)
        self.n_iter_ = len(rows)

    def _check_savable(self):
        super()._check_savable()
        encoder = self.net_.module_.encoder
        if isinstance(encoder, ModuleEncoder) and not self._saves_modules:
            raise TypeError(
                f"{type(self).__name__} cannot be saved: files contain no code, which the "
                f"torch.nn.Module {encoder.name} requires. Return a subclass of "
                "skseq.networks.Encoder from build, or pass the module as the parameter "
                "network of SequenceClassifier, SequenceRegressor or SequenceForecaster; or "
                "use pickle or joblib."
            )

    def _to_state(self):
        history = self.history_.to_dict("list")
        return {**super()._to_state(), "net": net_to_state(self.net_), "history": history}

    def _restore(self, state, net, history):
        super()._restore(state)
        check_history(history)
        self.history_ = pd.DataFrame(history)
        self.n_iter_ = len(self.history_)
        self.net_ = restore_net(self, **net)

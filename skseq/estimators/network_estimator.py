"""What every estimator with a network shares: building the net, and training it."""

import copy
import inspect
from typing import ClassVar

import pandas as pd
import torch
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin

from skseq.estimators.parameters import MergedParameters
from skseq.estimators.saving import SavedEstimator
from skseq.exceptions import InterruptedFitWarning, warn
from skseq.training import SequenceNet, draw_seed, seeded
from skseq.training.callbacks import BestWeights, EpochProgress, WarmupCosine
from skseq.training.devices import choose_device
from skseq.training.processes import join_processes

# Parameters that say nothing about the network.
NOT_OF_THE_NETWORK = {
    "callbacks",
    "checkpoint",
    "device",
    "random_state",
    "target_transformer",
    "verbose",
}


class NetworkEstimator(
    SavedEstimator, MergedParameters, CallbackSupportMixin, BaseEstimator
):
    """Builds a skorch net around a network, trains it and keeps it.

    Subclasses say what the network is (`_build_module`) and what it learns from.
    """

    _attribute_docs: ClassVar[dict] = {
        "net_": """skorch.NeuralNet
The trained net: `net_.module_` is the torch module, `net_.history` the log.""",
        "history_": """pandas.DataFrame
A row for each epoch: losses, score, learning rate, norm of the gradient,
seconds.""",
        "n_iter_": """int
Number of epochs that were run.""",
        "loss_": """float
Loss of training in the last epoch.""",
        "valid_loss_": """float or None
Loss of what early stopping held out, at the weights that are kept; None if nothing was
held out.""",
        "patch_size_": """int
Steps of a token.""",
    }

    @property
    def loss_(self):
        """Loss of training in the last epoch."""
        # An interrupt may come before the first epoch ends.
        return float(self.history_["train_loss"].iloc[-1]) if self.n_iter_ else None

    @property
    def valid_loss_(self):
        """Loss of what early stopping held out, at the weights that are kept."""
        if "valid_loss" not in self.history_:
            return None
        return float(self.history_["valid_loss"].min())

    def _check_combinations(self):
        """Raise if parameters do not fit each other."""
        self._check_architecture()

    def _make_net(self, batch_size, n_epochs):
        """Build module and criterion; return an initialised skorch net."""
        device = choose_device(self.device)
        seed = draw_seed(self.random_state)
        generator = torch.Generator().manual_seed(seed)
        with seeded(generator):
            module = self._build_module().float()
            net = SequenceNet(
                module,
                self._make_criterion(),
                lr=float(self.lr),
                max_epochs=n_epochs,
                batch_size=batch_size,
                weight_decay=float(self.weight_decay),
                max_grad_norm=None
                if self.max_grad_norm is None
                else float(self.max_grad_norm),
                precision=self.precision,
                seed=seed,
                device=str(device),
                callbacks=list(self.callbacks or []),
            )
            net.initialize()
        # What the network is, whatever the parameters say later.
        net.parameters_ = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if name not in NOT_OF_THE_NETWORK
        }
        return net

    def _copy_weights(self, net):
        """Start a net from the weights of the last fit."""
        try:
            net.module_.load_state_dict(self.net_.module_.state_dict())
        except RuntimeError:
            raise ValueError(
                "warm_start=True goes on from the weights of the last fit, but parameters "
                "that shape the network have changed since; set them back, or fit anew "
                "with warm_start=False."
            ) from None

    def _make_callbacks(self, n_epochs, n_updates, validation):
        """Return the callbacks of one fit, in the order in which they act."""
        callbacks = []
        if self.lr_schedule == "cosine":
            callbacks.append(("schedule", WarmupCosine(n_updates)))
        if validation is not None:
            callbacks.append(("best", BestWeights(self.n_iter_no_change)))
        if self.verbose and self._is_main_process():
            bar = EpochProgress(n_epochs, type(self).__name__)
            callbacks.append(("progress", bar))
        return callbacks

    def _copy_net(self):
        """Return a copy of the net to go on with: should that fail, the net is untouched."""
        net = copy.deepcopy(self.net_)
        net.callbacks = list(self.callbacks or [])  # the user's own, no copies
        net.initialize_callbacks()
        net.lr = float(self.lr)
        for group in net.optimizer_.param_groups:
            group["lr"] = net.lr
        return net

    def _is_main_process(self):
        processes = join_processes(self.data_parallel, choose_device(self.device))
        return processes is None or processes.rank == 0

    def _validate_params(self):
        """Check all parameters."""
        super()._validate_params()
        self._check_callbacks()

    def _go_on(self, net, training, n_epochs):
        """Train further, at a constant rate; Ctrl-C is for the loop around such calls."""
        self._train(net, training, None, n_epochs, keeps_interrupted=False)

    def _train(
        self,
        net,
        training,
        validation,
        n_epochs,
        callbacks=(),
        folder=None,
        keeps_interrupted=True,
    ):
        """Run the training loop and keep what it gives; return whether it was interrupted."""
        processes = join_processes(self.data_parallel, choose_device(self.device))
        interrupted = net.train(
            training, validation, n_epochs, callbacks, processes=processes, folder=folder
        )
        if interrupted:
            if not keeps_interrupted or _is_nested():
                raise KeyboardInterrupt
            warn(
                f"training was interrupted in epoch {net.interrupted_epoch_} of {n_epochs}; "
                f"{type(self).__name__} keeps the best weights so far and can predict.",
                InterruptedFitWarning,
            )
        self.net_ = net
        self.history_ = pd.DataFrame([_plain(row) for row in net.history])
        self.n_iter_ = len(self.history_)
        return interrupted


# Where code of these modules fits an estimator, the user did not call `fit` alone.
SEARCHES = ("joblib.", "sklearn.model_selection.", "skseq.model_selection.")


def _is_nested():
    """Return whether a search or an ensemble is fitting, not the user alone."""
    frame = inspect.currentframe()
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(SEARCHES):
            return True
        frame = frame.f_back
    return False


def _plain(row):
    return {name: value for name, value in row.items() if name != "batches"}

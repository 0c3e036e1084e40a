"""Callbacks of skorch that skseq uses in training."""

import copy
import math
from abc import ABC, abstractmethod

from skorch.callbacks import Callback
from tqdm.std import tqdm

# Once the training loss is low, training lasts this fraction of the epochs before, but at
# least this number of epochs, while the learning rate falls to zero.
LAST_SHARE, MIN_LAST_EPOCHS = 0.5, 20


class ResumableCallback(Callback):
    """A callback that is notified of epochs that were read from a checkpoint."""

    def on_resume(self, net):
        """Called once before the first epoch of a resumed training."""


class StatefulCallback(Callback, ABC):
    """A callback with a state that checkpoints keep."""

    @abstractmethod
    def state_dict(self):
        """Return the state as plain values and tensors."""

    @abstractmethod
    def load_state_dict(self, state):
        """Set the state; raise an exception if it is invalid."""

    def is_over(self, net):
        """Return whether the callback has ended training."""
        return False


class WarmupCosine(StatefulCallback):
    """Schedule of the learning rate: linear warmup, then half a cosine down to 0.

    See Loshchilov & Hutter (2017, https://arxiv.org/abs/1608.03983).

    With `floor`, training ends sooner once its loss is low: the rate is then multiplied by
    half a cosine that falls to 0 within half as many epochs as before.

    Parameters
    ----------
    n_updates : int
        Number of updates of the whole training.
    warmup : float
        Fraction of the updates with a rising rate.
    floor : float or None
        Training begins to end after the first epoch whose training loss is below this
        fraction of that of the first epoch; losses are not negative. None: it makes all
        updates.
    """

    def __init__(self, n_updates, warmup=0.1, floor=None):
        self.n_updates = n_updates
        self.warmup = warmup
        self.floor = floor

    def on_train_begin(self, net, **kwargs):
        """Start from the first update."""
        self.update_ = 0
        # First update and number of updates of the end, once it has begun.
        self.end_ = None

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        """Set the rate of the next update."""
        if not training:
            return
        factor = self.factor(self.update_)
        if self.end_ is not None:
            start, n_left = self.end_
            factor *= half_cosine((self.update_ - start) / n_left)
        for group in net.optimizer_.param_groups:
            group["lr"] = net.lr * factor
        self.update_ += 1

    def on_epoch_end(self, net, **kwargs):
        """Begin the end of training, or stop it there."""
        if self.end_ is None:
            self._check_loss(net)
        elif self.is_over(net):
            net.stop_training = True

    def is_over(self, net):
        """Return whether training has ended before its last update."""
        return self.end_ is not None and self.update_ >= sum(self.end_)

    def state_dict(self):
        """Return the number of updates so far, and the end of training if it has begun."""
        return {"update": self.update_, "end": self.end_}

    def load_state_dict(self, state):
        """Set the number of updates so far, and the end of training."""
        self.update_, self.end_ = state["update"], state["end"]

    def factor(self, update):
        """Return the factor of the rate at an update of the whole training."""
        rising = max(1, round(self.warmup * self.n_updates))
        if update < rising:
            return (update + 1) / rising
        return half_cosine((update - rising) / max(1.0, self.n_updates - rising))

    def _check_loss(self, net):
        """Begin the end of training if the loss is low and that saves updates."""
        losses = net.history[:, "train_loss"]
        if self.floor is None or not losses[-1] < self.floor * losses[0]:
            return
        n_epochs = len(losses)
        n_left = max(MIN_LAST_EPOCHS, math.ceil(LAST_SHARE * n_epochs))
        n_left *= self.update_ // n_epochs
        if self.update_ + n_left < self.n_updates:
            self.end_ = [self.update_, n_left]


def half_cosine(done):
    """Return a factor that falls from 1 to 0 while `done` rises from 0 to 1."""
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


class BestWeights(StatefulCallback):
    """Keep the weights of the epoch with the lowest validation loss.

    Parameters
    ----------
    patience : int
        Number of epochs without a lower loss after which training stops.
    """

    def __init__(self, patience):
        self.patience = patience

    def on_train_begin(self, net, **kwargs):
        """Reset the best epoch."""
        self.best_loss_ = math.inf
        self.best_epoch_ = 0
        self.weights_ = None

    def on_epoch_end(self, net, **kwargs):
        """Compare this epoch with the best so far."""
        loss = net.history[-1, "valid_loss"]
        epoch = net.history[-1, "epoch"]
        if loss < self.best_loss_:
            self.best_loss_, self.best_epoch_ = loss, epoch
            self.weights_ = copy.deepcopy(net.module_.state_dict())
        elif self.is_over(net):
            net.stop_training = True

    def is_over(self, net):
        """Return whether the patience is exhausted."""
        return net.history[-1, "epoch"] - self.best_epoch_ >= self.patience

    def state_dict(self):
        """Return the best epoch so far."""
        weights = None if self.weights_ is None else dict(self.weights_)
        return {"loss": self.best_loss_, "epoch": self.best_epoch_, "weights": weights}

    def load_state_dict(self, state):
        """Set the best epoch so far."""
        self.best_loss_, self.best_epoch_ = state["loss"], state["epoch"]
        self.weights_ = state["weights"]

    def on_train_end(self, net, **kwargs):
        """Restore the best weights."""
        if self.weights_ is not None:
            net.module_.load_state_dict(self.weights_)


class EpochProgress(ResumableCallback):
    """A progress bar over the epochs, on standard error.

    Parameters
    ----------
    n_epochs : int
        Number of epochs of the whole training.
    title : str
        Label of the bar.
    """

    def __init__(self, n_epochs, title):
        self.n_epochs = n_epochs
        self.title = title

    def on_train_begin(self, net, **kwargs):
        """Draw the empty bar."""
        self.bar_ = tqdm(total=self.n_epochs, desc=self.title, unit="epoch")

    def on_epoch_end(self, net, **kwargs):
        """Advance the bar and show the losses."""
        last = net.history[-1]
        shown = {k: f"{last[k]:.4f}" for k in ("train_loss", "valid_loss") if k in last}
        self.bar_.set_postfix(shown, refresh=False)
        self.bar_.update(len(net.history) - self.bar_.n)  # several epochs when resumed

    def on_resume(self, net):
        """Advance the bar to the resumed epoch."""
        self.on_epoch_end(net)

    def on_train_end(self, net, **kwargs):
        """Close the bar."""
        self.bar_.close()


class TaskReports(ResumableCallback):
    """Report a fit and its epochs to callbacks of scikit-learn.

    They are set on the estimator, or on a search, and may stop training. `context` is that
    of the fit, X and y its arguments; each epoch is a subtask.
    """

    def __init__(self, estimator, context, X, y):
        self.estimator = estimator
        self.context = context
        self.X = X
        self.y = y

    def on_train_begin(self, net, **kwargs):
        """Report the start of the fit."""
        self.context.call_on_fit_task_begin(**self.describe())

    def on_epoch_begin(self, net, **kwargs):
        """Report the start of an epoch."""
        self.epoch_ = self.context.subcontext(task_name="epoch")
        self.epoch_.call_on_fit_task_begin(**self.describe())

    def on_epoch_end(self, net, **kwargs):
        """Report the end of an epoch; a callback that returns True stops training."""
        self.report_end(net, self.describe(net))

    def on_resume(self, net):
        """Report the epochs that were read from a checkpoint.

        The last one is reported with its weights, so a callback that stopped training
        there stops it again. The weights of earlier epochs are not available.
        """
        for n_left in reversed(range(len(net.history))):
            self.on_epoch_begin(net)
            self.report_end(net, self.describe(None if n_left else net))

    def report_end(self, net, what):
        """Report the end of an epoch, and stop training if a callback returns True."""
        if self.epoch_.call_on_fit_task_end(**what):
            net.stop_training = True

    def on_train_end(self, net, **kwargs):
        """Report the end of the fit."""
        self.context.call_on_fit_task_end(**self.describe(net))

    def describe(self, net=None):
        """Return the arguments of the hooks; with `net_` the estimator can predict."""
        fitted = None if net is None else {"net_": net}
        return {
            "estimator": self.estimator,
            "X": self.X,
            "y": self.y,
            "reconstruction_attributes": fitted,
        }

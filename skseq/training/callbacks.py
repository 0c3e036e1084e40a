"""Small skorch callbacks, each with one job."""

import copy
import math

from skorch.callbacks import Callback
from tqdm.std import tqdm


class WarmupCosine(Callback):
    """Raise the learning rate linearly over the first updates, then lower it to 0.

    The second part follows half a cosine (Loshchilov & Hutter, 2017,
    https://arxiv.org/abs/1608.03983).

    Parameters
    ----------
    n_updates : int
        Updates of the whole training.
    warmup : float
        Share of them over which the rate rises.
    """

    def __init__(self, n_updates, warmup=0.1):
        self.n_updates = n_updates
        self.warmup = warmup

    def on_train_begin(self, net, **kwargs):
        """Start from the first update."""
        self.update_ = 0

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        """Set the rate of the coming update."""
        if not training:
            return
        for group in net.optimizer_.param_groups:
            group["lr"] = net.lr * self.factor(self.update_)
        self.update_ += 1

    def take_state(self):
        """Return where in the schedule training is."""
        return {"update": self.update_}

    def put_state(self, state):
        """Go on from there."""
        self.update_ = state["update"]

    def is_over(self, net):
        """Return False: a schedule never ends training."""
        return False

    def factor(self, update):
        """Return what the rate is multiplied by at an update."""
        rising = max(1, round(self.warmup * self.n_updates))
        if update < rising:
            return (update + 1) / rising
        done = (update - rising) / max(1.0, self.n_updates - rising)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


class BestWeights(Callback):
    """Keep the weights of the epoch with the lowest validation loss.

    Parameters
    ----------
    patience : int
        Training stops after this many epochs without a lower loss.
    """

    def __init__(self, patience):
        self.patience = patience

    def on_train_begin(self, net, **kwargs):
        """Forget earlier epochs."""
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
        """Return whether the loss has not fallen for too long."""
        return net.history[-1, "epoch"] - self.best_epoch_ >= self.patience

    def take_state(self):
        """Return the best epoch so far."""
        weights = None if self.weights_ is None else dict(self.weights_)
        return {"loss": self.best_loss_, "epoch": self.best_epoch_, "weights": weights}

    def put_state(self, state):
        """Go on from there."""
        self.best_loss_, self.best_epoch_ = state["loss"], state["epoch"]
        self.weights_ = state["weights"]

    def on_train_end(self, net, **kwargs):
        """Put the best weights back."""
        if self.weights_ is not None:
            net.module_.load_state_dict(self.weights_)


class EpochProgress(Callback):
    """A bar over the epochs, on standard error.

    Parameters
    ----------
    n_epochs : int
        Epochs of the whole training.
    title : str
        What stands in front of the bar.
    """

    def __init__(self, n_epochs, title):
        self.n_epochs = n_epochs
        self.title = title

    def on_train_begin(self, net, **kwargs):
        """Draw the empty bar."""
        self.bar_ = tqdm(total=self.n_epochs, desc=self.title, unit="epoch")

    def on_epoch_end(self, net, **kwargs):
        """Move the bar on and show the losses."""
        last = net.history[-1]
        shown = {k: f"{last[k]:.4f}" for k in ("train_loss", "valid_loss") if k in last}
        self.bar_.set_postfix(shown, refresh=False)
        self.bar_.update(len(net.history) - self.bar_.n)  # more, if it goes on from a file

    def on_resume(self, net):
        """Move the bar on to where a file says that training is."""
        self.on_epoch_end(net)

    def on_train_end(self, net, **kwargs):
        """Close the bar."""
        self.bar_.close()


class TaskReports(Callback):
    """Report the fit and each of its epochs to scikit-learn's callbacks.

    Those were set on the estimator, or on a search around it, and may stop training.

    Parameters
    ----------
    estimator : estimator
        Who is fitted.
    context : sklearn.callback.CallbackContext
        The task that the fit is; every epoch becomes a subtask.
    X, y : object
        What `fit` was given.
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
        """Report the epochs that were read from a file, so that all are counted.

        The last one is reported as when it was run: a callback that stopped training there
        does so again. Of those before there are no weights, and nothing to predict with.
        """
        for n_left in reversed(range(len(net.history))):
            self.on_epoch_begin(net)
            self.report_end(net, self.describe(None if n_left else net))

    def report_end(self, net, what):
        """Report the end of an epoch, and stop training if a callback says so."""
        if self.epoch_.call_on_fit_task_end(**what):
            net.stop_training = True

    def on_train_end(self, net, **kwargs):
        """Report the end of the fit."""
        self.context.call_on_fit_task_end(**self.describe(net))

    def describe(self, net=None):
        """Return what the hooks may ask for; `net_` makes the estimator predict."""
        fitted = None if net is None else {"net_": net}
        return {
            "estimator": self.estimator,
            "X": self.X,
            "y": self.y,
            "reconstruction_attributes": fitted,
        }

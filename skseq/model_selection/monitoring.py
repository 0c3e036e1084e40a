"""What callbacks of a search share: hooks that do nothing, and what they read of a fit."""

import itertools

from sklearn.utils._param_validation import StrOptions

# What a candidate may be judged by; "auto" is the first of the two losses that is there.
MONITORS = {"auto", "valid_loss", "valid_score", "train_loss"}

MONITOR_CONSTRAINT = [StrOptions(MONITORS)]


class SearchCallback:
    """A callback of scikit-learn's searches; its hooks do nothing until overridden."""

    # From the search down to the epoch.
    max_propagation_depth = None

    def setup(self, estimator, context):
        """Do nothing.

        Parameters
        ----------
        estimator : estimator
            Who fits.
        context : sklearn.callback.CallbackContext
            Its task.
        """

    def teardown(self, estimator, context):
        """Do nothing.

        Parameters
        ----------
        estimator : estimator
            Who fits.
        context : sklearn.callback.CallbackContext
            Its task.
        """

    def on_fit_task_begin(self, estimator, context):
        """Do nothing.

        Parameters
        ----------
        estimator : estimator
            Who fits.
        context : sklearn.callback.CallbackContext
            The task that begins.
        """


def read_monitor(fitted_estimator, monitor, start=0):
    """Return the name of what is monitored, and its values by epoch; less is better.

    Parameters
    ----------
    fitted_estimator : estimator or None
        As it is at the end of an epoch.
    monitor : str
        One of the monitors.
    start : int, default=0
        The first epoch that is asked for. A fit that goes on from a checkpoint has epochs
        that nobody has seen yet.

    Returns
    -------
    name : str or None
        None of an estimator that has no net of skseq.
    values : list of float
        Of the epochs from `start` on.
    """
    net = getattr(fitted_estimator, "net_", None)
    if net is None:
        return None, []
    last = net.history[-1]
    if monitor == "auto":
        monitor = "valid_loss" if "valid_loss" in last else "train_loss"
    if monitor not in last:
        raise ValueError(
            f"monitor={monitor!r}, but {type(fitted_estimator).__name__} holds nothing out "
            "to measure it on: set early_stopping=True, or monitor='train_loss'."
        )
    sign = -1 if monitor == "valid_score" else 1
    rows = itertools.islice(net.history, start, None)
    return monitor, [sign * float(row[monitor]) for row in rows]


def path_of(context):
    """Return the tasks from the outermost one down to this."""
    path = [context]
    while path[0].parent is not None:
        path.insert(0, path[0].parent)
    return path


def ids_of(path):
    """Return the numbers of tasks, each among its siblings."""
    return tuple(task.task_id for task in path)

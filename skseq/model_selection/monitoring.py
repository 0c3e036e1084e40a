"""Base class of the callbacks of searches, and access to the monitored values."""

import itertools

from sklearn.utils._param_validation import StrOptions

MONITOR_CONSTRAINT = [StrOptions({"auto", "valid_loss", "valid_score", "train_loss"})]


class SearchCallback:
    """Base class of callbacks of scikit-learn, with hooks that do nothing."""

    # No limit: from the search down to the epochs.
    max_propagation_depth = None

    def setup(self, estimator, context):
        """Do nothing.

        Parameters
        ----------
        estimator, context : estimator, sklearn.callback.CallbackContext
            The estimator that is being fitted, and the context of its task.
        """

    teardown = on_fit_task_begin = setup


def read_monitor(fitted_estimator, monitor, start=0):
    """Return the name of the monitored quantity, and its values from an epoch on.

    Lower values are better: the sign of scores is changed. The name is None without a
    network of skseq. A fit that resumes from a checkpoint begins with several epochs.
    """
    net = getattr(fitted_estimator, "net_", None)
    if net is None:
        return None, []
    last = net.history[-1]
    if monitor == "auto":
        monitor = "valid_loss" if "valid_loss" in last else "train_loss"
    if monitor not in last:
        raise ValueError(
            f"monitor={monitor!r} needs held-out data, but "
            f"{type(fitted_estimator).__name__} holds none out. Set early_stopping=True, "
            "or monitor='train_loss'."
        )
    sign = -1 if monitor == "valid_score" else 1
    rows = itertools.islice(net.history, start, None)
    return monitor, [sign * float(row[monitor]) for row in rows]


def get_task_path(context):
    """Return the contexts from the outermost one down to this one."""
    path = [context]
    while path[0].parent is not None:
        path.insert(0, path[0].parent)
    return path


def get_task_ids(path):
    """Return the ids of tasks, which number them among their siblings."""
    return tuple(context.task_id for context in path)

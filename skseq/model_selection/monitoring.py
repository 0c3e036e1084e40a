"""What callbacks of a search share: hooks that do nothing, and what they read of a fit."""

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


def read_monitor(fitted_estimator, monitor):
    """Return the name and value of what is monitored in the last epoch; less is better.

    None and None of an estimator that has no net of skseq.
    """
    net = getattr(fitted_estimator, "net_", None)
    if net is None:
        return None, None
    last = net.history[-1]
    if monitor == "auto":
        monitor = "valid_loss" if "valid_loss" in last else "train_loss"
    if monitor not in last:
        raise ValueError(
            f"monitor={monitor!r}, but {type(fitted_estimator).__name__} holds nothing out "
            "to measure it on: set early_stopping=True, or monitor='train_loss'."
        )
    value = float(last[monitor])
    return monitor, -value if monitor == "valid_score" else value

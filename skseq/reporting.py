"""What scikit-learn's callbacks hear of estimators that fit in one go."""

import functools

from sklearn.callback import with_callbacks


def reported(fit):
    """Let a fit be one task of scikit-learn's callbacks.

    Without it, a search that shows its progress would warn that a step of its pipeline
    "does not support callbacks". The class must be a `CallbackSupportMixin`.
    """

    @functools.wraps(fit)
    @with_callbacks
    def fit_and_report(self, X, y=None, **fit_params):
        task = {"estimator": self, "X": X, "y": y}
        context = self._init_callback_context().call_on_fit_task_begin(**task)
        result = fit(self, X, y, **fit_params)
        context.call_on_fit_task_end(**task)
        return result

    return fit_and_report

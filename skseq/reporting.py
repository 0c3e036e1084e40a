"""Support of scikit-learn's callbacks in estimators that are fitted in a single step."""

import functools

from sklearn.callback import with_callbacks


def report_fit(fit):
    """Decorate a `fit` method to report it as one task to scikit-learn's callbacks.

    Otherwise a search with a progress bar would warn that a step of its pipeline "does not
    support callbacks". The class must inherit from `CallbackSupportMixin`.
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

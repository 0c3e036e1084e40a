"""What a forecaster shows of its network."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skseq.estimators.traced import read_trace, tabulate_layers


class TracedForecaster:
    """Lets others look at the states between the past of a series and its forecast."""

    def trace(self, *, history=None, gradients=False, attention=False):
        """Return what the network does on the last window of each series.

        A token stands for `patch_size_` steps of the window, which has `context_length_`.
        Nothing is learned, and nothing of the forecaster changes.

        Parameters
        ----------
        history : Series, DataFrame or tuple (X, y), default=None
            As for `predict`: series that were not trained on, or later observations.
        gradients : bool, default=False
            Whether to compute the gradient of each window's loss at its hidden states. The
            windows are then those that end `horizon_` steps before the last observation,
            so that what they should have forecast is known.
        attention : bool, default=False
            Whether to return the weights of attention, of a Transformer and of
            `pooling="attention"`.

        Returns
        -------
        Trace
            An object with lists that have an array for each series, in the order of
            `series_ids_` (and for each of its targets): `states`, `attention`,
            `pooling_weights` and `gradients`, as classifiers and regressors return them;
            and the number `token_steps`, how many steps a token stands for.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the forecaster is not fitted.
        TypeError
            If `gradients=True` and the network is a user's own, which cannot be stepped by
            hand.
        ValueError
            If the history does not fit, or `attention=True` and there is none.
        """
        model = self._with_history(history)
        coded = model.coded_
        origins = coded.lengths - (model.horizon_ if gradients else 0)
        windows = model._list_windows(coded, np.arange(coded.n_series), origins)
        return read_trace(model, windows, gradients=gradients, attention=attention)

    def summary(self):
        """Return what each layer of the network holds, and costs for one window.

        Returns
        -------
        DataFrame
            A row for each layer, in the order of the computation, and one for the total,
            with the columns `kind`, `output_shape`, `parameters`, `bytes` and `flops`: as
            `summary` of classifiers and regressors, for a window of `context_length_` steps.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the forecaster is not fitted.
        """
        check_is_fitted(self)
        return tabulate_layers(self.net_.module_.describe(self.context_length_))

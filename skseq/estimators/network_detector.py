"""The template of detectors of anomalies with a network."""

import inspect
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from skseq.architectures import Architecture
from skseq.detection.row_errors import MAX_INPUT, list_origins
from skseq.estimators.forecasting_detector import ForecastingDetector
from skseq.estimators.network_forecaster import NetworkForecaster
from skseq.estimators.saving import restore_estimator
from skseq.forecasting.windows import cross_targets
from skseq.saved import require
from skseq.training import Training


class NetworkDetector(ForecastingDetector, Architecture, Training):
    """Forecasts the channels of series with a forecaster of the same architecture.

    A leaf sets the class of the forecaster, and has the parameters of its architecture and
    its training.
    """

    _forecaster: ClassVar[type[NetworkForecaster]]

    # True in clones: searches fit clones, and Ctrl-C must end the search.
    _is_clone = False

    forecaster_: Any

    _attribute_docs: ClassVar[dict] = {
        "forecaster_": """object
The fitted forecaster of the standardized channels, whose methods `summary` and `trace` and
attribute `history_` describe the network and its training.""",
        "n_iter_": """int
Number of epochs.""",
    }

    _derived_attributes = frozenset({"forecaster_"})

    # It follows the example of the task, which ends with X and a detector.
    _example: ClassVar[str] = """
>>> detector = detector.set_params(max_epochs=10, random_state=0).fit(X[:400])
>>> scores = detector.score_samples(X)  # low scores are abnormal
>>> bool(490 < scores.argmin() < 530)
True
>>> detector.predict(X).shape, detector.decision_function(X).shape
((600,), (600,))
>>> detector.contributions(X).shape  # of each channel to the size of the score
(600, 1)
>>> stream = detector.stream()
>>> stream.score_samples(X[0]).shape
(1,)
>>> detector.update(X[400:500]).fit_predict(X).shape
(600,)
>>> detector.n_iter_
10"""

    @property
    def n_iter_(self):
        """Number of epochs."""
        return self.forecaster_.n_iter_

    def __sklearn_clone__(self):
        """Return an unfitted copy."""
        other = super().__sklearn_clone__()
        other._is_clone = True
        return other

    def update(self, X, n_epochs=0):
        """Add rows to the training rows, and adapt the threshold.

        Medians and scales stay those of `fit`. The network changes only if `n_epochs` is
        positive. There is no `partial_fit`, because the rows of a series are not
        independent.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_channels) or DataFrame
            Later rows of the series in `fit`, or rows of new series.
        n_epochs : int, default=0
            Number of epochs to train on all rows, at the constant rate `lr`.

        Returns
        -------
        self : object
            The detector.

        Raises
        ------
        ValueError
            If X is invalid. The detector is then unchanged.
        """
        return self._update(X, n_epochs)

    @property
    def _n_past(self):
        return self.forecaster_.past_steps

    def _fit_forecasts(self, panel):
        forecaster = self._make_forecaster().fit(None, to_targets(panel))
        self.forecaster_ = forecaster
        return forecaster._count_held_out(panel.lengths, forecaster.horizon_)

    def _validate_params(self):
        """Validate the parameters, alone and in combination."""
        super()._validate_params()
        self._check_callbacks()
        self._check_architecture()

    def _get_shared(self):
        """Return the parameters of architecture and training, by name."""
        own = self.get_params(deep=False)
        shared = inspect.signature(self._forecaster).parameters.keys() - {
            *("series", "missing", "horizon", "context_length")
        }
        return {name: own[name] for name in shared & own.keys()}

    def _make_forecaster(self):
        """Return the unfitted forecaster of standardized channels."""
        forecaster = self._forecaster(
            **self._get_shared(),
            horizon=self.horizon_,
            context_length=self.context_length_,
            # Levels are compared with those of the series: a window that is normalized by
            # its last value would hide a changed level.
            normalization=None,
            unit="series",
        )
        forecaster._is_clone = self._is_clone
        forecaster._owner_name = type(self).__name__
        # A network that is trained again on the held-out rows would have other errors than
        # those that were measured on them.
        forecaster._refit_below = 0
        return forecaster

    def _forecast(self, past, series, origins):
        forecaster = self.forecaster_
        windows = cross_targets(series, origins, past.n_targets)
        sources = self._find_sources(past.ids)[windows[0]]
        point = forecaster._forecast_windows(past, *windows, sources).point
        point = point.reshape(len(series), past.n_targets, -1)
        return np.swapaxes(point, 1, 2)

    def _find_sources(self, ids):
        """Return the numbers in the forecaster of series with given names.

        The unit of a series that was not in fit is that of a series of median spread.
        """
        forecaster = self.forecaster_
        n_series = forecaster.observed_.n_series
        numbers = self.scaler_.find(ids)
        spreads = forecaster.spreads_.mean(axis=1)
        typical = int(np.argsort(spreads, kind="stable")[n_series // 2])
        return np.where((numbers < 0) | (numbers >= n_series), typical, numbers)

    def _update_model(self, panel, n_epochs):
        known = self.forecaster_.observed_.lengths
        seen = np.zeros_like(panel.lengths)
        seen[: len(known)] = known
        # A failed update of a copy does not change the forecaster.
        forecaster = deepcopy(self.forecaster_).set_params(**self._get_shared())
        forecaster.update(None, to_targets(panel, seen), n_epochs=n_epochs)
        self.forecaster_ = forecaster

    def _to_state(self):
        return {**super()._to_state(), "forecaster": self.forecaster_._to_content()}

    def _check_savable(self):
        super()._check_savable()
        self.forecaster_._check_savable()

    def _restore(self, state, forecaster):
        restored = restore_estimator("The file", forecaster, {})
        require(type(restored) is self._forecaster, "the forecaster is invalid")
        self.forecaster_ = restored
        super()._restore(state)

    def _check_restored(self):
        super()._check_restored()
        forecaster, n_channels = self.forecaster_, self.observed_.n_targets
        valid = forecaster.reader_.n_targets == n_channels
        valid = valid and forecaster.horizon_ == self.horizon_
        valid = valid and forecaster.context_length_ == self.context_length_
        valid = valid and forecaster.coded_.covariates.shape[1] == 0
        require(valid, "the forecaster does not fit the rows")


def to_targets(panel, first=None):
    """Return standardized series as the targets of a forecaster, from given rows on.

    Values are bounded, and NaN is missing. The index has the number of the series and of
    the row. `first` (n_series,) are the first rows; None for all rows.
    """
    first = np.zeros_like(panel.lengths) if first is None else first
    series, rows = list_origins(panel.lengths, first)
    index = pd.MultiIndex.from_arrays([series, rows], names=["series", "row"])
    values = panel.values[panel.starts[series] + rows]
    return pd.DataFrame(np.clip(values, -MAX_INPUT, MAX_INPUT), index=index)

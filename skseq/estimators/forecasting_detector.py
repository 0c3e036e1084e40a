"""The template of detectors whose errors are those of short-term forecasts."""

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from skseq.detection.row_errors import (
    RowErrors,
    find_limits,
    measure_forecast_errors,
    measure_usual_errors,
    pad_past,
)
from skseq.estimators.series_detector import SeriesDetector
from skseq.saved import is_positive, is_positive_count, require


class ForecastingDetector(SeriesDetector):
    """Forecasts the next rows from each row, and measures the errors.

    A subclass implements `_fit_forecasts` and `_forecast`.
    """

    horizon_: int
    context_length_: int
    usual_errors_: np.ndarray
    usual_levels_: np.ndarray

    _attribute_docs: ClassVar[dict] = {
        "horizon_": """int
Number of rows that are forecast at once.""",
        "context_length_": """int
Number of rows that a forecast depends on.""",
        "usual_errors_": """ndarray of shape (`horizon_`, n_channels)
Usual error of forecasts of held-out rows, for each row of the horizon, in standardized
units.""",
        "usual_levels_": """ndarray of shape (n_channels,)
Usual distance of channels from their median, the error of a row without a past.""",
    }

    _attribute_checks: ClassVar[dict] = {
        "horizon_": is_positive_count,
        "context_length_": is_positive_count,
        "usual_errors_": lambda value: is_positive(value, None, None),
        "usual_levels_": lambda value: is_positive(value, None),
    }

    @abstractmethod
    def _choose_steps(self, lengths):
        """Return horizon and context length for training series of given lengths.

        The parameters of a leaf determine them.
        """

    @abstractmethod
    def _fit_forecasts(self, panel):
        """Fit the forecasts; return the number of rows held out of each series.

        The rows are the last ones, (n_series,).
        """

    @abstractmethod
    def _forecast(self, past, series, origins):
        """Return forecasts (n_windows, horizon, n_channels) from rows of a panel.

        `past` is a standardized panel without missing values. Its `ids` are names of
        series. `series` and `origins` are (n_windows,), where an origin is the number of
        rows before the first one to forecast, which is at least `_n_past`.
        """

    @property
    def _n_past(self):
        """Number of rows before an origin that are read."""
        return self.context_length_

    def _finish_forecasts(self, panel):
        """Fit the forecasts to all rows, once usual errors are known. By default, no."""

    def _fit_model(self, panel):
        lengths = panel.drop_missing_ends().lengths
        self.horizon_, self.context_length_ = self._choose_steps(lengths)
        held_out = self._fit_forecasts(panel)
        self._calibrate(panel, held_out)
        self._finish_forecasts(panel)

    def _calibrate(self, panel, held_out):
        """Measure usual errors by the forecasts of the held-out last rows."""
        self.usual_errors_, self.usual_levels_ = measure_usual_errors(
            self._forecast, panel, held_out, self._n_past, self.horizon_
        )

    def _measure_errors(self, panel):
        past = pad_past(panel, self._n_past, find_limits(self.usual_levels_))
        usual = self.usual_errors_, self.usual_levels_
        return measure_forecast_errors(self._forecast, panel, past, self._n_past, *usual)

    def _make_row_errors(self, numbers):
        ids = [self.scaler_.ids[i] for i in numbers]
        usual = self.usual_errors_, self.usual_levels_
        return RowErrors(self._forecast, ids, self._n_past, *usual)

    def _choose_smoothing(self):
        return self.context_length_

    def _check_restored(self):
        super()._check_restored()
        n_channels = self.observed_.n_targets
        valid = self.usual_errors_.shape == (self.horizon_, n_channels)
        valid = valid and self.usual_levels_.shape == (n_channels,)
        longest = int(self.observed_.lengths.max())
        valid = valid and self.context_length_ + self.horizon_ <= longest
        require(valid, "the usual errors do not fit the rows")

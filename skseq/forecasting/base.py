"""The methods and attributes that this package requires of a forecaster."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from skseq.forecasting.calibration import Calibration
from skseq.forecasting.growth import RolledCalibration
from skseq.forecasting.reading import SeriesReader
from skseq.forecasting.targets import inverse_values, transform_values
from skseq.saved import (
    SavedAttributes,
    is_count,
    is_positive,
    is_positive_count,
    is_texts,
    require,
)
from skseq.series import Panel


class WindowForecaster(SavedAttributes, ABC):
    """Base class of forecasters.

    A window is a series of a panel, one of its targets, and an origin: the number of steps
    before the first step to forecast.
    """

    reader_: SeriesReader
    observed_: Panel
    coded_: Panel  # the observations after `target_transformer`
    spreads_: np.ndarray  # (n_series, n_targets), typical change of each series
    calibration_: Calibration
    rolled_: RolledCalibration  # beyond the horizon
    horizon_: int
    context_length_: int
    target_transformer_: Any

    _attribute_checks: ClassVar[dict] = {
        "reader_": lambda value: isinstance(value, SeriesReader),
        "observed_": lambda value: isinstance(value, Panel),
        "coded_": lambda value: isinstance(value, Panel),
        "spreads_": lambda value: is_positive(value, None, None),
        "calibration_": lambda value: isinstance(value, Calibration),
        "rolled_": lambda value: isinstance(value, RolledCalibration),
        "horizon_": is_positive_count,
        "context_length_": is_positive_count,
        "target_transformer_": lambda value: value is None or hasattr(value, "transform"),
        "n_features_in_": is_count,
        "feature_names_in_": is_texts,
    }

    # Lag of the changes that `spreads_` measures. None means the standard deviation,
    # 0 the mean absolute value.
    _spread_lag = 1

    # Whether gaps in y are filled by forecasts before later steps are forecast.
    fills_gaps = False

    @property
    @abstractmethod
    def past_steps(self):
        """Number of steps before an origin that are read to forecast a window."""

    @abstractmethod
    def _forecast_windows(self, panel, series, columns, origins, sources):
        """Return a PointForecast or DistributionForecast of the steps from each origin on.

        `panel` is on the scale of `coded_`; it may consist of copies of series. `series`,
        `columns` and `origins` (n_windows,) are the windows in the panel, `sources`
        (n_windows,) the numbers of their series in `coded_`.
        """

    def _get_calibration(self):
        """Return the object that maps levels to scores: by default `calibration_`."""
        return self.calibration_

    def _to_support(self, values):
        """Return the nearest values that the target can have: by default all of them."""
        return values

    def _check_restored(self):
        super()._check_restored()
        panel, coded = self.observed_, self.coded_
        same = panel.ids == coded.ids and np.array_equal(panel.lengths, coded.lengths)
        same = same and np.array_equal(panel.first_ticks, coded.first_ticks)
        same = same and panel.values.shape == coded.values.shape
        same = same and panel.covariates.shape == coded.covariates.shape
        require(same, "observed_ and coded_ are different series")
        shape = panel.n_series, panel.n_targets
        require(self.spreads_.shape == shape, "spreads_ does not fit the series")
        valid = self.calibration_.factors.shape == shape
        valid = valid and self.calibration_.horizon == self.horizon_
        require(valid, "calibration_ does not fit the series")
        valid = self.rolled_.factors.shape == shape
        valid = valid and self.rolled_.block == self.horizon_
        require(valid, "rolled_ does not fit the series")
        # Windows longer than all series would require more memory than the file contains.
        valid = self.context_length_ <= max(2, panel.lengths.max())
        require(valid, "context_length_ is longer than all series")
        valid = self.reader_.n_targets == panel.n_targets
        table, n_features = self.reader_.table, getattr(self, "n_features_in_", 0)
        valid = valid and len(table.columns) == panel.covariates.shape[1]
        valid = valid and all(i < n_features for i in table.positions)
        valid = valid and all(table.has_codes(p.covariates) for p in (panel, self.coded_))
        require(valid, "reader_ does not fit the series")
        if self.target_transformer_ is not None:
            rows = panel.values[~np.isnan(panel.values).any(axis=1)][:1]
            coded = transform_values(self.target_transformer_, rows)
            back = inverse_values(self.target_transformer_, coded, axis=1)
            require(back.shape == rows.shape, "target_transformer_ does not fit the series")

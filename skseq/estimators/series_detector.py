"""The template of detectors of anomalies in series: rows are time steps."""

from abc import abstractmethod
from copy import copy, deepcopy
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.utils.validation import check_is_fitted

from skseq.detection import FENCE_OF_ERRORS, Detector, SeriesParameters
from skseq.detection.errors import measure_sizes, smooth_sizes
from skseq.detection.rows import RowReader
from skseq.detection.scaling import ChannelScaler
from skseq.estimators.detector_stream import DetectorStream
from skseq.estimators.parameters import MergedParameters
from skseq.estimators.saving import SavedEstimator
from skseq.forecasting.validation import check_count
from skseq.quoting import quote
from skseq.reporting import report_fit
from skseq.saved import is_count, is_positive_count, is_texts, require
from skseq.series import Panel

# Minimum number of rows of the longest training series.
MIN_ROWS = 4


class SeriesDetector(
    Detector,
    SeriesParameters,
    SavedEstimator,
    CallbackSupportMixin,
    MergedParameters,
    BaseEstimator,
):
    """Reads rows, smooths their errors, and sets the threshold.

    A subclass implements `_fit_model`, `_measure_errors`, `_make_row_errors` and
    `_choose_smoothing`. They get channels that are standardized, where NaN is missing.
    """

    _fence = FENCE_OF_ERRORS

    reader_: RowReader
    scaler_: ChannelScaler
    observed_: Panel
    n_features_in_: int
    smoothing_: int
    stream_offset_: float

    _attribute_docs: ClassVar[dict] = {
        "stream_offset_": """float
Threshold of the scores of `stream`, which depend only on earlier rows. It equals `offset_`
if `center=False`.""",
        "smoothing_": """int
Distance, in rows, at which the weight of a neighbor reaches 0.""",
        "observed_": """skseq.series.Panel
The training rows of each series, and those of `update`.""",
        "reader_": """object
The form of X: columns, names of series, and the usual time step.""",
        "scaler_": """object
Median and scale of each channel of each series.""",
        "n_features_in_": """int
Number of columns of X.""",
        "feature_names_in_": """ndarray of shape (`n_features_in_`,)
Names of the columns of X, if it had names.""",
    }

    _attribute_checks: ClassVar[dict] = {
        "stream_offset_": lambda value: type(value) is float and value <= 0,
        "smoothing_": is_positive_count,
        "observed_": lambda value: isinstance(value, Panel),
        "reader_": lambda value: isinstance(value, RowReader),
        "scaler_": lambda value: isinstance(value, ChannelScaler),
        "n_features_in_": is_count,
        "feature_names_in_": is_texts,
    }

    @abstractmethod
    def _fit_model(self, panel):
        """Fit the model to standardized series, and the usual size of its errors."""

    @abstractmethod
    def _measure_errors(self, panel):
        """Return the errors of all rows: (n_rows, n_channels), in units of usual ones.

        Errors are NaN where the value is missing.
        """

    @abstractmethod
    def _make_row_errors(self, numbers):
        """Return an object that measures errors of rows as they arrive, for `stream`.

        `numbers` (n_series,) are the series in fit. The object has the methods
        `measure(values)` from rows (n_series, n_channels) to their errors, and
        `reset(series)`.
        """

    @abstractmethod
    def _choose_smoothing(self):
        """Return the number of rows over which errors are averaged with "auto"."""

    def _update_model(self, panel, n_epochs):
        """Adapt the model to standardized series with additional rows."""
        self._fit_model(panel)

    @report_fit
    def fit(self, X, y=None):
        """Learn how the channels of a series usually behave.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_channels) or DataFrame
            The rows of one series, in order. The index of a DataFrame may be the time. A
            (series, time) MultiIndex or the column `series` identifies several series. Rows
            with times are sorted, and missing times are gaps. Training rows should contain
            few anomalies.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted detector.

        Raises
        ------
        ValueError
            If parameters or X are invalid. The detector is then unchanged.
        """
        with self._unchanged_on_failure():
            self._validate_params()
            self.reader_ = RowReader(self.series, self.missing == "mask")
            rows = self.reader_.fit(self, X)
            if len(rows.places) < 2:
                raise ValueError(
                    f"{type(self).__name__} requires at least {MIN_ROWS} rows (time "
                    "steps), but X has 1 sample."
                )
            longest = int(rows.panel.lengths.max())
            if longest < MIN_ROWS:
                raise ValueError(
                    f"{type(self).__name__} requires a series of at least {MIN_ROWS} rows "
                    f"(time steps), but the longest one has {longest}."
                )
            self._check_contamination(len(rows.places), "rows")
            self.observed_ = rows.panel
            self.scaler_ = ChannelScaler.fit(rows.panel)
            panel = self.scaler_.transform(rows.panel)
            self._fit_model(panel)
            is_auto = self.smoothing == "auto"
            smoothing = self._choose_smoothing() if is_auto else int(self.smoothing)
            self.smoothing_ = min(smoothing, longest)
            self._set_thresholds(panel, rows.places)
        return self

    def update(self, X):
        """Add rows to the training rows, and adapt the model and the threshold.

        The statistics that standardize a series stay those of `fit`. There is no
        `partial_fit`, because the rows of a series are not independent.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_channels) or DataFrame
            Later rows of the series in `fit`, or rows of new series.

        Returns
        -------
        self : object
            The detector.

        Raises
        ------
        ValueError
            If X is invalid. The detector is then unchanged.
        """
        return self._update(X, 0)

    def score_samples(self, X):
        """Return a score for each row; low scores are abnormal.

        The score is minus the mean squared error of the row and its neighbors, in units of
        usual errors. It depends on the rows of X alone, not on training rows before them:
        the first rows are judged by a shorter past, and the very first one by its level. A
        series that was not in `fit` is standardized by its own statistics.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_channels) or DataFrame
            Rows of one or several series, as for `fit`.

        Returns
        -------
        ndarray of shape (n_rows,)
            The scores, at most 0, in the order of the rows of X.
        """
        return -self.contributions(X).sum(axis=1)

    def contributions(self, X):
        """Return the contribution of each channel to the size of scores.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_channels) or DataFrame
            Rows, as for `score_samples`.

        Returns
        -------
        ndarray of shape (n_rows, n_channels)
            Non-negative numbers. Their sum over channels is minus the score of the row.
        """
        check_is_fitted(self)
        rows = self.reader_.read(self, X)
        panel = self.scaler_.transform(rows.panel)
        return self._smooth(panel, self._measure_errors(panel), self.center)[rows.places]

    def stream(self, n_series=1):
        """Return an object that scores the rows of series while they arrive.

        Parameters
        ----------
        n_series : int or array-like, default=1
            Number of series that are read at the same time, or their names as in `fit`.

        Returns
        -------
        DetectorStream
            Its methods `score_samples(x_t)`, `decision_function(x_t)` and `predict(x_t)`
            read one row of each series. The score equals that of
            `score_samples` with `center=False` for the rows so far.

        Raises
        ------
        ValueError
            If the number is below 1, a series was not in `fit`, or `fit` saw several series
            and their names are not given.
        """
        check_is_fitted(self)
        # Later fits and updates replace the attributes of the detector; those of the copy
        # stay.
        return DetectorStream(copy(self), self._find_streams(n_series))

    def _find_streams(self, n_series):
        """Return the number in `fit` of each series of a stream."""
        ids = self.scaler_.ids
        if isinstance(n_series, str):
            raise ValueError(
                f"n_series={quote(n_series)} is a single name. Pass a list of names, such "
                f"as stream({quote([n_series])})."
            )
        if np.iterable(n_series):
            names = list(n_series)
            numbers = self.scaler_.find(names)
            if len(numbers) == 0 or (numbers < 0).any():
                raise ValueError(
                    f"The series {quote(names)} of a stream must be series of fit, which "
                    f"saw {ids[:5]}{'...' if len(ids) > 5 else ''}."
                )
            return numbers
        check_count("n_series", n_series, 1)
        if len(ids) > 1:
            raise ValueError(
                f"fit saw {len(ids)} series. Pass the names of those to read, such as "
                f"stream({ids[:2]})."
            )
        return np.zeros(int(n_series), dtype=np.int64)

    def _smooth(self, panel, errors, center):
        """Return the mean sizes of the errors (n_rows, n_channels) of a panel."""
        sizes, is_known = measure_sizes(errors)
        return smooth_sizes(sizes, is_known, panel.lengths, self.smoothing_, center)

    def _set_thresholds(self, panel, places):
        """Set the thresholds by the scores of training rows at some places of a panel."""
        errors = self._measure_errors(panel)
        causal, scores = (
            -self._smooth(panel, errors, center)[places].sum(axis=1)
            for center in (False, self.center)
        )
        self.offset_ = self._choose_offset(scores)
        self.stream_offset_ = self._choose_offset(causal)

    def _update(self, X, n_epochs):
        check_is_fitted(self)
        check_count("n_epochs", n_epochs, 0)
        with self._unchanged_on_failure():
            self._validate_params()
            # The objects are changed in place.
            for name in ("reader_", "scaler_", "observed_"):
                setattr(self, name, deepcopy(getattr(self, name)))
            rows = self.reader_.read(self, X)
            self._add_rows(rows.panel, self.reader_.continue_series(rows))
            self.scaler_.add(self.observed_)
            panel = self.scaler_.transform(self.observed_)
            self._update_model(panel, n_epochs)
            is_row = ~np.isnan(panel.values).all(axis=1)
            self._set_thresholds(panel, np.flatnonzero(is_row))
        return self

    def _add_rows(self, new, missing):
        """Add the rows of a panel, each series after a number of missing rows."""
        observed = self.observed_
        for k, (name, n_missing) in enumerate(zip(new.ids, missing, strict=True)):
            gap = np.full((n_missing, new.n_targets), np.nan)
            values = np.concatenate([gap, new.targets(k)])
            added = values, np.empty((len(values), 0))
            i = observed.find(name)
            if i is None:
                observed.add_series(name, *added, 0)
            else:
                observed.add_steps(i, *added)
        self.observed_ = observed.take(np.arange(observed.n_series))

    def _check_restored(self):
        super()._check_restored()
        shape = self.scaler_.center.shape
        valid = self.observed_.ids == self.scaler_.ids
        valid = valid and self.observed_.n_targets == shape[1]
        n_columns = shape[1] + (self.reader_.series is not None)
        valid = valid and self.n_features_in_ == n_columns
        require(valid, "the statistics of the channels do not fit the rows")
        longest = self.observed_.lengths.max()
        require(self.smoothing_ <= longest, "smoothing_ is longer than all series")

    def __sklearn_tags__(self):
        """Return the tags of scikit-learn."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "mask"
        return tags

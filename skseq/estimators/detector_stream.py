"""Scores of rows of series, while they arrive."""

import numpy as np

from skseq.detection import ScoreStream
from skseq.detection.errors import RunningMean, measure_sizes
from skseq.estimators.streaming import mark_places
from skseq.magnitudes import MAX_VALUE
from skseq.quoting import quote


class DetectorStream(ScoreStream):
    """Scores the rows of series that arrive one after the other.

    The method `stream` of a detector returns it. Each call of a method reads one row of
    every series. The cost of a row does not depend on the number of earlier rows. A stream
    can be pickled and copied, and it does not change if the detector is fitted again.

    Parameters
    ----------
    detector : object
        A fitted detector, which the stream keeps.
    numbers : ndarray of int of shape (n_series,)
        Number in `fit` of each series, whose statistics standardize it.
    """

    def __init__(self, detector, numbers):
        self._detector = detector
        self._numbers = numbers
        self._center = detector.scaler_.center[numbers]
        self._scale = detector.scaler_.scale[numbers]
        self._errors = detector._make_row_errors(numbers)
        self._mean = RunningMean(self._center.shape, detector.smoothing_)

    @property
    def n_series(self):
        """Number of series that are read at the same time."""
        return len(self._numbers)

    def reset(self, series=None):
        """Start new series.

        Parameters
        ----------
        series : int, array-like of int or bool, or None, default=None
            Positions of the series that start again; None for all. The others continue.

        Returns
        -------
        self : object
            The stream.

        Raises
        ------
        IndexError
            If there is no such series.
        """
        n = self.n_series
        is_new = mark_places(n, range(n) if series is None else series)
        self._errors.reset(is_new)
        self._mean.reset(is_new)
        return self

    def score_samples(self, x_t):
        """Read one row of each series, and return its score.

        Parameters
        ----------
        x_t : array-like of shape (n_series, n_channels)
            The next row of each series. The axis of a single series, or of a single
            channel, may be omitted.

        Returns
        -------
        ndarray of shape (n_series,)
            The scores, at most 0; low scores are abnormal.

        Raises
        ------
        ValueError
            If x_t has another shape, or values that the detector rejects. The stream is
            then unchanged.
        """
        values = (self._read(x_t) - self._center) / self._scale
        sizes, is_known = measure_sizes(self._errors.measure(values))
        return -self._mean.add(sizes, is_known).sum(axis=1)

    @property
    def _offset(self):
        return self._detector.stream_offset_

    def __repr__(self):
        name = type(self._detector).__name__
        return f"<{type(self).__name__} of {self.n_series} series, {name}>"

    def _check_columns(self, x_t):
        """Raise ValueError if a row in a DataFrame has other columns than those of fit."""
        detector = self._detector
        names = getattr(detector, "feature_names_in_", None)
        if names is None or not hasattr(x_t, "columns"):
            return
        expected = [name for name in names if name != detector.reader_.series]
        if list(x_t.columns) != expected:
            raise ValueError(
                f"x_t has the columns {quote(list(x_t.columns))}, but expected those of "
                f"fit in their order: {quote(expected)}."
            )

    def _read(self, x_t):
        """Return a row of each series as float64 (n_series, n_channels)."""
        self._check_columns(x_t)
        values, shape = np.asarray(x_t, dtype=np.float64), self._center.shape
        if values.ndim < 2 and values.size == np.prod(shape) and 1 in shape:
            values = values.reshape(shape)
        if values.shape != shape:
            raise ValueError(
                f"x_t has the shape {values.shape}. Expected one row of each of "
                f"{shape[0]} series with {shape[1]} channels: {shape}."
            )
        bad = ~(np.abs(values) <= MAX_VALUE)
        if self._detector.reader_.allow_missing:
            bad &= ~np.isnan(values)
        if bad.any():
            i, k = (int(n) for n in np.argwhere(bad)[0])
            raise ValueError(
                f"x_t contains {quote(float(values[i, k]))} in channel {k} of series {i}. "
                "Expected finite numbers; NaN requires missing='mask' in fit."
            )
        return values

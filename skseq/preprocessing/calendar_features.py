"""Calendar features from the time index of rows."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from skseq.quoting import quote
from skseq.reporting import report_fit
from skseq.sequences import check_columns

# The features in the order in which "auto" lists them, with their cycle in days.
CYCLES = {"hour": 1, "weekday": 7, "month": 365, "yearday": 365}
SHORTEST_MONTH = 28
MICROSECONDS_PER_DAY = 86_400_000_000


class CalendarFeatures(TransformerMixin, CallbackSupportMixin, BaseEstimator):
    """Encode the time index of X as cyclical calendar features.

    The position of each row in the day, the week or the year becomes the sine and cosine of
    an angle, so that 23:00 is close to midnight and December is close to January. These
    features are known in advance for any time and can be covariates of a forecaster. They
    depend on the index of X only. The columns of X are appended unchanged.

    =========  ========================  =================================================
    Feature    Columns                   Angle
    =========  ========================  =================================================
    "hour"     hour_sin, hour_cos        time since midnight, up to the second, over a day
    "weekday"  weekday_sin, weekday_cos  days since Monday over 7
    "month"    month_sin, month_cos      months since January over 12
    "yearday"  yearday_sin, yearday_cos  days since 1 January over 365 (leap years: 366)
    =========  ========================  =================================================

    Parameters
    ----------
    features : "auto" or list of {"hour", "weekday", "month", "yearday"}, default="auto"
        The features, in this order. "auto" selects each feature whose cycle is longer than
        the median step between the rows in `fit` and not longer than their time span. For
        the yearly cycle it selects "month" if the step is a month or longer, otherwise
        "yearday". With at least one year of data these are "hour", "weekday" and "yearday"
        for hourly rows, "weekday" and "yearday" for daily rows, "yearday" for weekly rows,
        and "month" for monthly or quarterly rows.
    remainder : {"passthrough", "drop"}, default="passthrough"
        Whether the result also has the columns of X, after the features, or not.

    Attributes
    ----------
    features_ : list of str
        The selected features.
    n_features_in_ : int
        Number of columns of X, possibly 0.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if it has columns and all names are strings.

    See Also
    --------
    sklearn.compose.ColumnTransformer : Apply different transformers to columns.

    Notes
    -----
    The index is a DatetimeIndex, a PeriodIndex, or a (series, time) MultiIndex whose last
    level is one of these. Times with a time zone are taken in local time, and periods by
    their start. Holidays are not supported.

    The result is a DataFrame with the index of X, so that a subsequent forecaster can align
    its rows by time. Most other transformers return arrays by default. Call
    `set_output(transform="pandas")` on the whole Pipeline to keep the index.

    A ColumnTransformer skips a transformer with an empty list of columns. Select any column
    instead, with `remainder="drop"` if its values are not needed.

    Examples
    --------
    >>> import pandas as pd
    >>> from skseq.preprocessing import CalendarFeatures
    >>> hours = pd.date_range("2024-01-01", periods=3, freq="6h")
    >>> X = pd.DataFrame(index=hours)
    >>> CalendarFeatures(features=["hour"]).fit_transform(X).round(1).abs()
                         hour_sin  hour_cos
    2024-01-01 00:00:00       0.0       1.0
    2024-01-01 06:00:00       1.0       0.0
    2024-01-01 12:00:00       0.0       1.0
    >>> calendar = CalendarFeatures(["hour"]).fit(X)
    >>> calendar.transform(X).shape, calendar.get_feature_names_out().tolist()
    ((3, 2), ['hour_sin', 'hour_cos'])

    Together with a column whose future values are known:

    >>> days = pd.date_range("2024-01-01", periods=14)
    >>> X = pd.DataFrame({"price": range(14)}, index=days)
    >>> list(CalendarFeatures().fit_transform(X))
    ['weekday_sin', 'weekday_cos', 'price']
    >>> list(CalendarFeatures(remainder="drop").fit_transform(X))
    ['weekday_sin', 'weekday_cos']
    """

    _parameter_constraints = {
        "features": [StrOptions({"auto"}), list, tuple],
        "remainder": [StrOptions({"passthrough", "drop"})],
    }

    def __init__(self, features="auto", *, remainder="passthrough"):
        self.features = features
        self.remainder = remainder

    @report_fit
    def fit(self, X, y=None):
        """Select the features.

        Parameters
        ----------
        X : DataFrame or Series
            Rows with a time index.
        y : object, default=None
            Ignored.

        Returns
        -------
        CalendarFeatures
            The fitted transformer itself.

        Raises
        ------
        ValueError
            If `features` is empty or has unknown or repeated names, if X has no time index,
            if "auto" finds no feature for it, or if X already has a column with the name of
            a feature.
        """
        self._validate_params()
        times = read_times(X)
        if isinstance(self.features, str):
            features = select_features(times)
        else:
            features = check_features(self.features)
        # A ColumnTransformer may pass a single column as a Series.
        columns = pd.DataFrame(X)
        if self.remainder == "passthrough":
            check_no_clash(columns, name_waves(features))
        check_columns(self, columns, reset=True)
        self.features_ = features
        return self

    def transform(self, X):
        """Compute the features of the rows of X.

        Parameters
        ----------
        X : DataFrame or Series
            Rows with a time index, and the same columns as in `fit`.

        Returns
        -------
        DataFrame of shape (n_rows, 2 * n_features [+ n_columns of X])
            Sine and cosine of each feature in float64, with the index of X, and the columns
            of X with `remainder="passthrough"`.

        Raises
        ------
        ValueError
            If X has no time index, or its columns differ from those in `fit`.
        """
        check_is_fitted(self)
        times = read_times(X)
        columns = pd.DataFrame(X)
        check_columns(self, columns, reset=False)
        angles = [2 * np.pi * compute_phase(times, name) for name in self.features_]
        waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
        values = np.stack(waves, axis=1)  # (n_rows, 2 * n_features)
        waves = pd.DataFrame(values, index=X.index, columns=name_waves(self.features_))
        if self.remainder == "drop":
            return waves
        names = self.get_feature_names_out()[waves.shape[1] :]
        return pd.concat([waves, columns.set_axis(names, axis=1)], axis=1)

    def get_feature_names_out(self, input_features=None):
        """Get the names of the output features.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X, if they had none in `fit`. Otherwise only validated.

        Returns
        -------
        ndarray of str
            "hour_sin", "hour_cos" and so on, for each selected feature, and the names of
            the columns of X with `remainder="passthrough"`.
        """
        check_is_fitted(self)
        names = name_waves(self.features_)
        if self.remainder == "passthrough":
            names += list(_check_feature_names_in(self, input_features))
        return np.asarray(names, dtype=object)

    def __sklearn_tags__(self):
        """Declare that X must not be an array, and that its values may be anything."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def check_features(features):
    """Return the given features as a list. Raise if they are invalid."""
    known = ", ".join(repr(name) for name in CYCLES)
    unknown = [name for name in features if name not in CYCLES]
    if unknown:
        raise ValueError(
            f"features={quote(features)} contains the unknown feature {quote(unknown[0])}. "
            f"Choose from {known}, or set features='auto'."
        )
    if not features:
        raise ValueError(f"features={quote(features)} is empty. Choose from {known}.")
    if len(set(features)) < len(features):
        raise ValueError(f"features={quote(features)} contains duplicates. Remove them.")
    return list(features)


def name_waves(features):
    """Return the names of the columns of features."""
    return [f"{name}_{wave}" for name in features for wave in ("sin", "cos")]


def check_no_clash(columns, names):
    """Raise ValueError if a table already has a column with one of the names."""
    clashing = [name for name in columns if name in names]
    if clashing:
        raise ValueError(
            f"X already has a column {quote(clashing[0])}, which is the name of a calendar "
            "feature. Rename the column, or use remainder='drop'."
        )


def read_times(X):
    """Return the time of each row as a DatetimeIndex. Raise if X has no time index."""
    remedy = (
        "Give X a DatetimeIndex, a PeriodIndex, or a (series, time) MultiIndex with one of "
        "them as its last level"
    )
    if not isinstance(X, pd.DataFrame | pd.Series):
        raise ValueError(
            "CalendarFeatures needs a pandas DataFrame with a time index, but X is of "
            f"type {type(X).__name__}. {remedy}. After other transformers, call "
            'set_output(transform="pandas") on the Pipeline to keep the index.'
        )
    times, where = X.index, "the index of X"
    if isinstance(times, pd.MultiIndex):
        where = f"the last level of the index of X, {times.names[-1]!r},"
        times = times.get_level_values(-1)
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    if not isinstance(times, pd.DatetimeIndex):
        raise ValueError(
            f"CalendarFeatures needs a time index, but {where} is a {type(times).__name__} "
            f"of {times.dtype}. {remedy}. Convert text with pandas.to_datetime. Numbered "
            "steps have no calendar features."
        )
    if times.hasnans:
        row = int(np.flatnonzero(times.isna())[0])
        raise ValueError(
            f"Row {row} of X has no time, because {where} is NaT. Drop such rows or set "
            "their time."
        )
    return times


def select_features(times):
    """Return the features that suit the step and the span of the times."""
    remedy = (
        "Choose them yourself, as in CalendarFeatures(features=['month']), or do not use "
        "CalendarFeatures."
    )
    stamps = times.unique().sort_values()
    if len(stamps) < 2:
        raise ValueError(
            "features='auto' needs at least two different times to find the step, but X "
            f"has {len(stamps)}. {remedy}"
        )
    # In days, because pandas' differences in nanoseconds overflow after 292 years.
    days = stamps.to_numpy(dtype="datetime64[us]").astype(np.int64) / MICROSECONDS_PER_DAY
    step = np.median(np.diff(days))
    span = days[-1] - days[0] + step
    year = "yearday" if step < SHORTEST_MONTH else "month"
    # In whole steps, because four quarters of median length may be shorter than a year.
    selected = [
        name
        for name, cycle in CYCLES.items()
        if step < cycle
        and round(cycle / step) <= round(span / step)
        and name in ("hour", "weekday", year)
    ]
    if not selected:
        raise ValueError(
            f"features='auto' found no feature for rows from {stamps[0]} to {stamps[-1]} "
            f"with a median step of {pd.Timedelta(days=step)}: no cycle (day, week or "
            "year) is longer than the step and not longer than the span of all rows. "
            f"{remedy}"
        )
    return selected


def compute_phase(times, feature):
    """Return the position of each time in the cycle of a feature, in [0, 1)."""
    if feature == "hour":
        seconds = times.hour * 3600 + times.minute * 60 + times.second
        return seconds.to_numpy() / 86_400
    if feature == "weekday":
        return times.dayofweek.to_numpy() / 7
    if feature == "month":
        return (times.month.to_numpy() - 1) / 12
    return (times.dayofyear.to_numpy() - 1) / np.where(times.is_leap_year, 366, 365)

"""Features of the calendar, made from the time index of rows."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from skseq.quoting import quote
from skseq.reporting import reported

# Days until a feature repeats, in the order in which features are chosen.
CYCLES = {"hour": 1, "weekday": 7, "month": 365, "yearday": 365}
SHORTEST_MONTH = 28
MICROSECONDS_PER_DAY = 86_400_000_000


class CalendarFeatures(TransformerMixin, CallbackSupportMixin, BaseEstimator):
    """Make features of the calendar from the time index of X.

    Each row gets its place in the day, the week or the year, as the sine and cosine of an
    angle: on a circle 23:00 is next to midnight, and December next to January. This is
    known ahead for any time, so it may be given to a forecaster as covariates. Of X only
    the index is read: it may have columns, whose values are not used, or none.

    ===========  ====================  ===============================================
    Feature      Columns               Angle
    ===========  ====================  ===============================================
    "hour"       hour_sin, hour_cos    time since midnight, with minutes and seconds,
                                       over a day
    "weekday"    weekday_sin,          days since Monday over 7
                 weekday_cos
    "month"      month_sin, month_cos  months since January over 12
    "yearday"    yearday_sin,          days since 1 January over 365 or, in leap
                 yearday_cos           years, 366
    ===========  ====================  ===============================================

    Parameters
    ----------
    features : "auto" or list of {"hour", "weekday", "month", "yearday"}, default="auto"
        What to make, in this order. "auto" takes from the index that X has in `fit` each
        feature whose cycle is longer than the usual step between rows and no longer than
        the time from the first row to the last; of the month and the day of the year,
        the month where a step is a month or longer. For a year and more of hourly rows
        these are the hour, the weekday and the day of the year, of daily rows the latter
        two, of weekly rows the day of the year, and of monthly or quarterly rows the month.

    Attributes
    ----------
    features_ : list of str
        The features made.
    n_features_in_ : int
        Number of columns of X, possibly 0.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if it had any and all names are strings.

    See Also
    --------
    sklearn.pipeline.FeatureUnion : Put the features beside the columns of X.
    sklearn.compose.ColumnTransformer : Treat columns in different ways.

    Notes
    -----
    The index is a DatetimeIndex, a PeriodIndex, or a (series, time) MultiIndex whose last
    level is one of these. Times with a time zone count by the clock of their zone, and a
    period by its start. Holidays are not known.

    The result is a DataFrame with the index of X, so that a forecaster behind it still
    finds its rows by time. FeatureUnion, ColumnTransformer and most other transformers
    return arrays unless told otherwise: call `set_output(transform="pandas")` on the
    whole Pipeline to keep the index.

    To keep the columns of X, use a FeatureUnion with "passthrough", as below. A
    ColumnTransformer leaves out a transformer whose list of columns is empty, without a
    word, so `(CalendarFeatures(), [])` does nothing: name any column of X instead, and
    name it again where its values are wanted.

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

    Beside a column that is known ahead:

    >>> from sklearn.pipeline import FeatureUnion
    >>> days = pd.date_range("2024-01-01", periods=14)
    >>> X = pd.DataFrame({"price": range(14)}, index=days)
    >>> union = FeatureUnion(
    ...     [("calendar", CalendarFeatures()), ("known", "passthrough")],
    ...     verbose_feature_names_out=False,
    ... ).set_output(transform="pandas")
    >>> list(union.fit_transform(X))
    ['weekday_sin', 'weekday_cos', 'price']

    In a ColumnTransformer, where any column will do for the calendar:

    >>> from sklearn.compose import make_column_transformer
    >>> both = make_column_transformer(
    ...     (CalendarFeatures(), ["price"]), ("passthrough", ["price"])
    ... )
    >>> both.fit_transform(X).shape
    (14, 3)
    """

    _parameter_constraints = {"features": [StrOptions({"auto"}), list, tuple]}

    def __init__(self, features="auto"):
        self.features = features

    @reported
    def fit(self, X, y=None):
        """Choose the features.

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
            If `features` names none or unknown ones, if X has no time index, or if
            "auto" finds no feature for it.
        """
        self._validate_params()
        times = read_times(X)
        if isinstance(self.features, str):
            features = choose_features(times)
        else:
            features = check_features(self.features)
        validate_data(self, make_frame(X), skip_check_array=True)
        self.features_ = features
        return self

    def transform(self, X):
        """Make the features of the rows of X.

        Parameters
        ----------
        X : DataFrame or Series
            Rows with a time index, and the columns that X had in `fit`.

        Returns
        -------
        DataFrame of shape (n_rows, 2 * n_features)
            Sine and cosine of each feature in float64, with the index of X.

        Raises
        ------
        ValueError
            If X has no time index, or other columns than in `fit`.
        """
        check_is_fitted(self)
        times = read_times(X)
        validate_data(self, make_frame(X), reset=False, skip_check_array=True)
        angles = [2 * np.pi * locate_in_cycle(times, name) for name in self.features_]
        values = np.stack(
            [wave(angle) for angle in angles for wave in (np.sin, np.cos)], axis=1
        )  # (rows, 2 * features)
        return pd.DataFrame(values, index=X.index, columns=self.get_feature_names_out())

    def get_feature_names_out(self, input_features=None):
        """Name the features.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored: the names do not depend on the columns of X.

        Returns
        -------
        ndarray of str
            "hour_sin", "hour_cos" and so on.
        """
        check_is_fitted(self)
        names = [f"{name}_{wave}" for name in self.features_ for wave in ("sin", "cos")]
        return np.asarray(names, dtype=object)

    def __sklearn_tags__(self):
        """Say that X needs more than an array has, and that its values do not matter."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def make_frame(X):
    """Return a column that a ColumnTransformer handed over alone as a table again."""
    return X.to_frame() if isinstance(X, pd.Series) else X


def check_features(features):
    """Return a list of names of features or raise."""
    known = ", ".join(repr(name) for name in CYCLES)
    unknown = [name for name in features if name not in CYCLES]
    if unknown:
        raise ValueError(
            f"features={quote(features)} has {quote(unknown[0])}, which CalendarFeatures does not "
            f"know. Choose from {known}, or give 'auto'."
        )
    if not features:
        raise ValueError(f"features={quote(features)} is empty. Choose from {known}.")
    if len(set(features)) < len(features):
        raise ValueError(f"features={quote(features)} has a name twice. Give each once.")
    return list(features)


def read_times(X):
    """Return the time of each row as a DatetimeIndex or raise."""
    remedy = (
        "Give X a DatetimeIndex or a PeriodIndex, or a (series, time) MultiIndex that ends "
        "in one"
    )
    if not isinstance(X, pd.DataFrame | pd.Series):
        raise ValueError(
            f"CalendarFeatures reads the time index of a pandas DataFrame, but X is of type "
            f"{type(X).__name__}, which has none. {remedy}; behind other transformers, call "
            'set_output(transform="pandas") on the Pipeline, which keeps the index.'
        )
    times, where = X.index, "the index of X"
    if isinstance(times, pd.MultiIndex):
        where = f"the last level of the index of X, {times.names[-1]!r},"
        times = times.get_level_values(-1)
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    if not isinstance(times, pd.DatetimeIndex):
        raise ValueError(
            f"CalendarFeatures reads the time index of X, but {where} is a "
            f"{type(times).__name__} of {times.dtype}. {remedy}. pandas.to_datetime makes "
            "times of text; steps that are numbered have no calendar."
        )
    if times.hasnans:
        row = int(np.flatnonzero(times.isna())[0])
        raise ValueError(
            f"Row {row} of X has no time: {where} is NaT there. Drop such rows or date them."
        )
    return times


def choose_features(times):
    """Return the names of the features that suit the step and the span of times."""
    remedy = (
        "Name what you want, as in CalendarFeatures(features=['month']), or leave "
        "CalendarFeatures out."
    )
    stamps = times.unique().sort_values()
    if len(stamps) < 2:
        raise ValueError(
            f"features='auto' needs two times or more to tell the step between them, but X "
            f"has {len(stamps)}. {remedy}"
        )
    # Numbers, since pandas' own differences of nanoseconds end at 292 years.
    days = stamps.to_numpy(dtype="datetime64[us]").astype(np.int64) / MICROSECONDS_PER_DAY
    step = np.median(np.diff(days))
    span = days[-1] - days[0] + step
    year = "yearday" if step < SHORTEST_MONTH else "month"
    # In whole steps, since four quarters may be shorter than a year by their usual length.
    chosen = [
        name
        for name, cycle in CYCLES.items()
        if step < cycle
        and round(cycle / step) <= round(span / step)
        and name in ("hour", "weekday", year)
    ]
    if not chosen:
        raise ValueError(
            f"features='auto' found no feature for rows from {stamps[0]} to {stamps[-1]} "
            f"with a usual step of {pd.Timedelta(days=step)}: neither a day nor a week nor a "
            f"year is longer than the step and no longer than all rows together. {remedy}"
        )
    return chosen


def locate_in_cycle(times, feature):
    """Return where in its cycle each time is, from 0 to less than 1."""
    if feature == "hour":
        seconds = times.hour * 3600 + times.minute * 60 + times.second
        return seconds.to_numpy() / 86_400
    if feature == "weekday":
        return times.dayofweek.to_numpy() / 7
    if feature == "month":
        return (times.month.to_numpy() - 1) / 12
    return (times.dayofyear.to_numpy() - 1) / np.where(times.is_leap_year, 366, 365)

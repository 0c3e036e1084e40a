"""Seattle weather: regression of tomorrow's maximum temperature on the past days."""

from numbers import Integral

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from skseq.datasets.loading import read_description, read_table

FEATURE_NAMES = ["temp_max", "temp_min", "precipitation", "wind", "day_sin", "day_cos"]

FIRST_TEST_DAY = np.datetime64("2015-01-01")
# Windows of three years (2012 is a leap year) would leave no target to train on.
MAX_DAYS = 366 + 365 + 365 - 1


@validate_params(
    {
        "split": [StrOptions({"train", "test"}), None],
        "n_days": [Interval(Integral, 1, MAX_DAYS, closed="both")],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_seattle_weather(*, split=None, n_days=14, return_X_y=False):
    """Load the Seattle weather data set (regression).

    Daily measurements from 2012 to 2015 [1]_. Each sequence contains `n_days` consecutive
    days with 6 features. The target is the maximum temperature of the next day, which is
    -1.6 to 35.6 Celsius. Of the 1447 sequences of 14 days, 1082 are for training.

    The baseline is persistence: tomorrow's temperature equals today's. Its root mean
    squared error is 2.88 degrees over all 1460 pairs of days. With windows of 14 days it is
    2.88 on the training part and 2.91 on the test part.

    Parameters
    ----------
    split : {"train", "test"}, default=None
        Targets to load: "train" for those before 2015, "test" for the 365 of 2015. If
        None, load all in chronological order. The first windows of the test part reach back
        into 2014. No window contains the day of its target.
    n_days : int, default=14
        Number of days in a sequence, 1 to 1095.
    return_X_y : bool, default=False
        If True, return `(data, target)` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        data : ndarray of shape (n_sequences, n_days, 6)
            The past days in chronological order.
        target : ndarray of shape (n_sequences,)
            The next day's maximum temperature in degrees Celsius.
        feature_names : list of str
            "temp_max" and "temp_min" (Celsius), "precipitation" (mm), "wind" (m/s), and
            "day_sin" and "day_cos", sine and cosine of the day of the year.
        target_names : list of str
            The name of the target, "temp_max".
        dates : ndarray of datetime64[D] of shape (n_sequences,)
            The date of each target.
        persistence : ndarray of shape (n_sequences,)
            The maximum temperature of the previous day, which is the baseline forecast.
        split : ndarray of str of shape (n_sequences,)
            The part that each target belongs to, "train" or "test".
        DESCR : str
            The full description of the data set, with its source.

    (data, target) : tuple if `return_X_y` is True
        The past days, and the maximum temperature of the next day.

    See Also
    --------
    load_japanese_vowels : A real data set for classification.

    Notes
    -----
    Public domain. The data come with the package; nothing is downloaded.

    References
    ----------
    .. [1] National Oceanic and Atmospheric Administration (NOAA), daily weather of
       Seattle, 2012 to 2015, as collected in `vega-datasets
       <https://github.com/vega/vega-datasets>`_.

    Examples
    --------
    >>> from skseq.datasets import load_seattle_weather
    >>> weather = load_seattle_weather(split="test")
    >>> weather.data.shape, weather.target.shape
    ((365, 14, 6), (365,))
    >>> print(weather.dates[0], weather.target[0])
    2015-01-01 5.6
    >>> errors = weather.target - weather.persistence
    >>> print(round(float((errors**2).mean() ** 0.5), 2))
    2.91
    """
    table = read_table("seattle_weather.csv", parse_dates=["date"])
    angle = 2 * np.pi * table["date"].dt.dayofyear / 365.25
    table["day_sin"], table["day_cos"] = np.sin(angle), np.cos(angle)
    measured = table[FEATURE_NAMES].to_numpy(dtype=np.float64)  # (all days, features)
    # One window per day after the first n_days. The last day is only a target.
    windows = np.lib.stride_tricks.sliding_window_view(measured[:-1], n_days, axis=0)
    windows = windows.transpose(0, 2, 1)  # (sequences, n_days, features)
    dates = table["date"].to_numpy().astype("datetime64[D]")[n_days:]
    target, persistence = measured[n_days:, 0], measured[n_days - 1 : -1, 0]
    splits = np.where(dates < FIRST_TEST_DAY, "train", "test")
    rows = splits == split if split is not None else np.ones(len(dates), dtype=bool)
    # Indexing with a mask copies, so that the windows do not share memory.
    X, target = np.ascontiguousarray(windows[rows]), target[rows]
    if return_X_y:
        return X, target
    return Bunch(
        data=X,
        target=target,
        feature_names=list(FEATURE_NAMES),
        target_names=FEATURE_NAMES[:1],
        dates=dates[rows],
        persistence=persistence[rows],
        split=splits[rows],
        DESCR=read_description("seattle_weather"),
    )

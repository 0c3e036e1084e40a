"""Seattle weather: tomorrow's maximum temperature from the past days."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from skseq.datasets.storage import open_data, read_description

MEASUREMENTS = ["temp_max", "temp_min", "precipitation", "wind"]
FEATURE_NAMES = [*MEASUREMENTS, "day_sin", "day_cos"]
TARGET_NAME = "temp_max"

FIRST_TEST_DAY = np.datetime64("2015-01-01")
# With windows as long as the three years before 2015 no target to train on is left.
MOST_DAYS = 366 + 365 + 365 - 1
DAYS_PER_YEAR = 365.25


@validate_params(
    {
        "split": [StrOptions({"train", "test"}), None],
        "n_days": [Interval(Integral, 1, MOST_DAYS, closed="both")],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_seattle_weather(*, split=None, n_days=14, return_X_y=False):
    """Load the Seattle weather data set: forecast how warm tomorrow will be.

    Daily measurements of 2012 to 2015 [1]_. Each sequence holds the past `n_days` days;
    the target is the maximum temperature of the day that follows, in degrees Celsius.

    =================   ===========================================
    Targets                            one, real, -1.6 to 35.6 Celsius
    Sequences           1447 (1082 to train, 365 to test) of 14 days
    Features                                                       6
    =================   ===========================================

    To beat is persistence, the guess that tomorrow will be as warm as today. Its root
    mean squared error is 2.88 Celsius over all 1460 pairs of days, and with windows of 14
    days 2.88 on the training part and 2.91 on the test part.

    Parameters
    ----------
    split : {"train", "test"}, default=None
        Which targets to load: those before 2015 to train on, or the 365 of 2015 to test
        on. By default all, in the order of time. The first windows of the test part reach
        back into 2014, as they would in practice; no window holds its target's day.
    n_days : int, default=14
        Days of a sequence, 1 to 1095.
    return_X_y : bool, default=False
        Whether to return `(data, target)` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ndarray of shape (n_sequences, n_days, 6)
            The past days, the latest last.
        target : ndarray of shape (n_sequences,)
            The next day's maximum temperature in degrees Celsius.
        feature_names : list of str
            "temp_max" and "temp_min" (Celsius), "precipitation" (mm), "wind" (m/s), and
            "day_sin" and "day_cos", the place of the day in the year on a circle.
        target_names : list of str
            "temp_max".
        dates : ndarray of datetime64[D] of shape (n_sequences,)
            The day of each target.
        persistence : ndarray of shape (n_sequences,)
            The maximum temperature of the day before: the forecast to beat.
        split : ndarray of str of shape (n_sequences,)
            "train" or "test": where each target belongs.
        DESCR : str
            The data set in more words, with its source.

    (data, target) : tuple if `return_X_y` is True
        The past days and the maximum temperatures that followed.

    Raises
    ------
    ValueError
        If `split` or `n_days` is none of the above.

    See Also
    --------
    load_japanese_vowels : A real set for classification.

    Notes
    -----
    Public domain. Nothing is downloaded: the data come with the package.

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
    days, measured = _read_days()
    # A window for each day but the first n_days; the last day is in no window.
    windows = np.lib.stride_tricks.sliding_window_view(measured[:-1], n_days, axis=0)
    windows = windows.transpose(0, 2, 1)  # (sequences, n_days, features)
    dates = days[n_days:]
    maxima = measured[:, FEATURE_NAMES.index(TARGET_NAME)]
    target, persistence = maxima[n_days:], maxima[n_days - 1 : -1]
    splits = np.where(dates < FIRST_TEST_DAY, "train", "test")
    rows = splits == split if split is not None else np.ones(len(dates), dtype=bool)
    # Indexing with a mask copies: the windows overlap no more and can be written to.
    X, target = np.ascontiguousarray(windows[rows]), target[rows]
    if return_X_y:
        return X, target
    return Bunch(
        data=X,
        target=target,
        feature_names=list(FEATURE_NAMES),
        target_names=[TARGET_NAME],
        dates=dates[rows],
        persistence=persistence[rows],
        split=splits[rows],
        DESCR=read_description("seattle_weather"),
    )


def _read_days():
    """Return the dates and, for each, its features."""
    with open_data("seattle_weather.csv") as file:
        table = pd.read_csv(file, parse_dates=["date"])
    angle = 2 * np.pi * table["date"].dt.dayofyear / DAYS_PER_YEAR
    table["day_sin"], table["day_cos"] = np.sin(angle), np.cos(angle)
    days = table["date"].to_numpy().astype("datetime64[D]")
    return days, table[FEATURE_NAMES].to_numpy(dtype=np.float64)

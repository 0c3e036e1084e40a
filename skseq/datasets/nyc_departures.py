"""NYC departures: hourly flights from three airports, with two seasons."""

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import validate_params

from skseq.datasets.loading import open_data, pack_series


@validate_params({"return_X_y": ["boolean"]}, prefer_skip_nested_validation=True)
def load_nyc_departures(*, return_X_y=False):
    """Load the hourly flight departures from New York City (forecasting).

    Number of flights that left the airports Newark (EWR), John F. Kennedy (JFK) and La
    Guardia (LGA) for destinations in the United States in each of the 8760 hours of
    2013 [1]_: 0 to 38 flights per hour, without missing values. The seasons are a day and a
    week (168 hours). Hardly any flights leave at night, fewer on Saturdays, and very few in
    storms.

    The baseline is the seasonal naive forecast. Over the year its mean absolute error is
    2.91 flights with the same hour of the previous day, and 2.56 with that of the previous
    week.

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return `(X, y)`, the input of a forecaster's `fit`, instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        y : Series of shape (26280,)
            "departures" in float64, with a MultiIndex ("series", "time"): the airport
            code, and the start of the hour in local time.
        frame : DataFrame of shape (26280, 1)
            The same values as a DataFrame.
        period : int
            24, the length of the daily season in steps.
        unit : str
            "flights per hour".
        DESCR : str
            The full description of the data set, with its source.

    (X, y) : tuple if `return_X_y` is True
        A DataFrame of shape (26280, 0), which has only an index, and the series.

    See Also
    --------
    load_m1_yearly : Many short series.
    skseq.preprocessing.CalendarFeatures : The hour and the weekday as features.

    Notes
    -----
    Public domain (CC0). The data come with the package; nothing is downloaded.

    Hours are in New York's local time without a time zone, so that every day has 24 steps.
    No flight left in the hours in which the clocks changed, on 10 March and 3 November.

    References
    ----------
    .. [1] Bureau of Transportation Statistics, United States, "On-Time Performance", 2013,
       as collected in `nycflights13 <https://github.com/tidyverse/nycflights13>`_.

    Examples
    --------
    >>> from skseq.datasets import load_nyc_departures
    >>> y = load_nyc_departures().y
    >>> y.loc["JFK"].loc["2013-07-01 06:00":"2013-07-01 08:00"].tolist()
    [14.0, 27.0, 27.0]
    """
    with open_data("nyc_departures.npz") as file, np.load(file) as stored:
        departures = stored["departures"]  # (hours, airports)
        airports = stored["airports"]
    hours = pd.date_range("2013-01-01", periods=len(departures), freq="h")
    index = pd.MultiIndex.from_product([airports, hours], names=["series", "time"])
    y = pd.Series(departures.T.ravel().astype(float), index=index, name="departures")
    unit = "flights per hour"
    return pack_series(
        y, name="nyc_departures", period=24, unit=unit, return_X_y=return_X_y
    )

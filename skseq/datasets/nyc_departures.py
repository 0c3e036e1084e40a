"""NYC departures: flights an hour from three airports, by day, week and weather."""

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import validate_params

from skseq.datasets.series import hand_over
from skseq.datasets.storage import open_data


@validate_params({"return_X_y": ["boolean"]}, prefer_skip_nested_validation=True)
def load_nyc_departures(*, return_X_y=False):
    """Load the departures from New York City: forecast how many flights will leave.

    Flights that left the airports Newark (EWR), John F. Kennedy (JFK) and La Guardia (LGA)
    for places in the United States, counted for each hour of 2013 [1]_. Nights are empty,
    Saturdays calm, and storms leave their holes.

    =================   ============================================
    Series                                          EWR, JFK and LGA
    Steps                               8760 hours of 2013 in each
    Values                                    0 to 38 flights an hour
    Missing values                                               none
    Season                           24 hours, and 168 hours (a week)
    =================   ============================================

    To beat is the seasonal naive forecast. Over the year its mean absolute error is 2.91
    flights with the hour of the day before, 2.56 with that of the week before.

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return `(X, y)`, as a forecaster's `fit` takes them, instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        y : Series of shape (26280,)
            "departures" in float64, with a MultiIndex ("series", "time"): the airport's
            code, and the hour as its clocks show it.
        frame : DataFrame of shape (26280, 1)
            The same, as a table.
        period : int
            24, the steps after which the season of a day repeats.
        unit : str
            "flights per hour".
        DESCR : str
            The data set in more words, with its source.

    (X, y) : tuple if `return_X_y` is True
        A DataFrame of shape (26280, 0), the index alone, and the series.

    Raises
    ------
    ValueError
        If `return_X_y` is not a bool.

    See Also
    --------
    load_m1_yearly : Many short series.
    skseq.preprocessing.CalendarFeatures : The hour and the weekday as features.

    Notes
    -----
    Public domain (CC0). Nothing is downloaded: the data come with the package.

    Hours are those of the clock in New York, so that the day is always 24 steps long.
    Where clocks changed, on 10 March and 3 November at night, no flight left.

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
    return hand_over(
        y,
        name="nyc_departures",
        period=24,
        unit="flights per hour",
        return_X_y=return_X_y,
    )

"""Loaders of panels of time series: M1 yearly and NYC departures."""

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import validate_params

from skseq.datasets.loading import make_series, open_data, pack_series, read_table


@validate_params({"return_X_y": ["boolean"]}, prefer_skip_nested_validation=True)
def load_m1_yearly(*, return_X_y=False):
    """Load the yearly series of the M1 competition (forecasting of many series).

    181 series of 15 to 58 yearly values each, 4515 in total, from industry, firms, whole
    economies or demography [1]_, [2]_. The values, 0.1 to 47,180,900, have no season and
    none is missing. The scales of the series differ by factors of up to several million.

    The task of the competition is to forecast the last six values of each series. The
    baseline is the naive forecast, which repeats the value before them. Its errors are on
    average 4.89 times as large as its one-step errors on the values before (mean absolute
    scaled error).

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return `(X, y)`, the input of a forecaster's `fit`, instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        y : Series of shape (4515,)
            "value" in float64, with a MultiIndex ("series", "time"): "T001" to "T181",
            and the number of the step. All series end at step 58; the longest starts at
            step 1.
        frame : DataFrame of shape (4515, 1)
            The same values as a DataFrame.
        period : int
            1, because there is no season.
        unit : str
            "", because the units differ and are not documented.
        horizon : int
            6, the number of steps to forecast: steps 53 to 58.
        DESCR : str
            The full description of the data set, with its license.

    (X, y) : tuple if `return_X_y` is True
        A DataFrame of shape (4515, 0), which has only an index, and the series.

    See Also
    --------
    load_nyc_departures : A few long series instead of many short ones.

    Notes
    -----
    Creative Commons Attribution 4.0 International (CC BY 4.0). The data come with the
    package; nothing is downloaded.

    Steps are numbered instead of dated because the years in the source cannot be right:
    168 of the 181 series would end after 1981, later than the competition.

    References
    ----------
    .. [1] S. Makridakis et al., "The accuracy of extrapolation (time series) methods:
       results of a forecasting competition", Journal of Forecasting 1 (2), 111-153, 1982.
    .. [2] R. Godahewa, C. Bergmeir, G. I. Webb, R. J. Hyndman and P. Montero-Manso,
       "Monash Time Series Forecasting Archive", NeurIPS Datasets and Benchmarks, 2021.
       https://arxiv.org/abs/2105.06643

    Examples
    --------
    >>> from skseq.datasets import load_m1_yearly
    >>> m1 = load_m1_yearly()
    >>> m1.y.loc["T001"].tail(2)
    time
    57    1184550.0
    58    1425090.0
    Name: value, dtype: float64
    >>> time = m1.y.index.get_level_values("time")
    >>> train, test = m1.y[time <= 52], m1.y[time > 52]
    >>> len(train), len(test) == 181 * m1.horizon
    (3429, True)
    """
    table = read_table("m1_yearly.csv")
    # Numbered backward, so that all series end at the same step.
    steps_to_end = table.groupby("series").cumcount(ascending=False)
    steps = steps_to_end.max() + 1 - steps_to_end.to_numpy(dtype=np.int64)
    index = pd.MultiIndex.from_arrays([table["series"], steps], names=["series", "time"])
    y = make_series(table["value"], index)
    # The competition asked participants to forecast the last six years.
    attributes = {"period": 1, "unit": "", "horizon": 6}
    return pack_series(y, name="m1_yearly", return_X_y=return_X_y, **attributes)


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
    attributes = {"period": 24, "unit": "flights per hour"}
    return pack_series(y, name="nyc_departures", return_X_y=return_X_y, **attributes)

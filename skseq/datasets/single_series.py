"""Loaders of single time series: airline passengers, CO2 and sunspots."""

import pandas as pd
from sklearn.utils._param_validation import StrOptions, validate_params

from skseq.datasets.loading import make_series, pack_series, read_table


@validate_params({"return_X_y": ["boolean"]}, prefer_skip_nested_validation=True)
def load_airline(*, return_X_y=False):
    """Load the airline passenger series (forecasting).

    Monthly totals of international airline passengers [1]_: 144 months, 1949-01 to 1960-12,
    without missing values, 104 to 622 in thousands. The series has a trend, and a season of
    12 months whose amplitude grows with the level.

    The baseline is the seasonal naive forecast, which repeats the same month of the
    previous year. Its mean absolute error is 47.8 thousand passengers for 1960.

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return `(X, y)`, the input of a forecaster's `fit`, instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        y : Series of shape (144,)
            "passengers" in float64, with a monthly PeriodIndex "month".
        frame : DataFrame of shape (144, 1)
            The same values as a DataFrame.
        period : int
            12, the length of the season in steps.
        unit : str
            "thousands of passengers".
        DESCR : str
            The full description of the data set, with its source.

    (X, y) : tuple if `return_X_y` is True
        A DataFrame of shape (144, 0), which has only an index, and the series.

    See Also
    --------
    load_co2 : A monthly series with missing values and a constant season.
    load_nyc_departures : Three hourly series with a daily and a weekly season.

    Notes
    -----
    The values have been printed many times and are considered to be in the public domain.
    The data come with the package; nothing is downloaded.

    References
    ----------
    .. [1] G. E. P. Box, G. M. Jenkins and G. C. Reinsel, "Time Series Analysis,
       Forecasting and Control", third edition, Prentice Hall, 1994, series G.

    Examples
    --------
    >>> from skseq.datasets import load_airline
    >>> y = load_airline().y
    >>> y.head(3)
    month
    1949-01    112.0
    1949-02    118.0
    1949-03    132.0
    Freq: M, Name: passengers, dtype: float64
    >>> errors = y.loc["1960"].to_numpy() - y.loc["1959"].to_numpy()
    >>> print(round(float(abs(errors).mean()), 1))
    47.8
    """
    table = read_table("airline.csv")
    months = pd.PeriodIndex(table["month"], freq="M", name="month")
    y = make_series(table["passengers"], months)
    attributes = {"period": 12, "unit": "thousands of passengers"}
    return pack_series(y, name="airline", return_X_y=return_X_y, **attributes)


@validate_params(
    {"frequency": [StrOptions({"monthly", "weekly"})], "return_X_y": ["boolean"]},
    prefer_skip_nested_validation=True,
)
def load_co2(*, frequency="monthly", return_X_y=False):
    """Load the CO2 series of Mauna Loa (forecasting).

    Weekly averages of the carbon dioxide in the air at Mauna Loa, Hawaii, March 1958 to
    December 2001 [1]_, or their monthly means. The series has a rising trend, a constant
    season of one year, and a few missing values.

    ==============   ==================   ========================
    frequency                 "monthly"                   "weekly"
    Steps                    526 months                 2284 weeks
    First and last   1958-03 to 2001-12   1958-03-29 to 2001-12-29
    Values              313.4 to 373.80               313 to 373.9
    Missing values                    5                         59
    Season                    12 months             about 52 weeks
    ==============   ==================   ========================

    Parameters
    ----------
    frequency : {"monthly", "weekly"}, default="monthly"
        Whether to load monthly means or the weekly averages of the source. A monthly mean
        is that of the weeks whose date, a Saturday, lies in the month.
    return_X_y : bool, default=False
        If True, return `(X, y)`, the input of a forecaster's `fit`, instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        y : Series of shape (526,) or (2284,)
            "co2" in float64, NaN where nothing was measured. The index is a monthly
            PeriodIndex "month", or a weekly DatetimeIndex "week" of Saturdays.
        frame : DataFrame of shape (526, 1) or (2284, 1)
            The same values as a DataFrame.
        period : int
            The length of the season in steps: 12 for months, 52 for weeks.
        unit : str
            "ppm", parts per million by volume.
        DESCR : str
            The full description of the data set, with its source.

    (X, y) : tuple if `return_X_y` is True
        A DataFrame without columns, which has only an index, and the series.

    See Also
    --------
    load_airline : A monthly series without missing values.

    Notes
    -----
    The data of the Scripps CO2 Program are licensed under Creative Commons Attribution 4.0
    International (CC BY 4.0). The data come with the package; nothing is downloaded.

    References
    ----------
    .. [1] C. D. Keeling, S. C. Piper, R. B. Bacastow, M. Wahlen, T. P. Whorf, M. Heimann
       and H. A. Meijer, "Exchanges of atmospheric CO2 and 13CO2 with the terrestrial
       biosphere and oceans from 1978 to 2000. I. Global aspects", SIO Reference Series
       01-06, Scripps Institution of Oceanography, San Diego, 2001.

    Examples
    --------
    >>> from skseq.datasets import load_co2
    >>> y = load_co2().y
    >>> y.tail(2)
    month
    2001-11    369.375
    2001-12    371.020
    Freq: M, Name: co2, dtype: float64
    >>> [str(month) for month in y.index[y.isna()]]
    ['1958-06', '1958-10', '1964-02', '1964-03', '1964-04']
    >>> load_co2(frequency="weekly").y.shape
    (2284,)
    """
    table = read_table("co2.csv")
    dates = pd.to_datetime(table["date"].astype(str), format="%Y%m%d")
    weeks = pd.DatetimeIndex(dates, freq="W-SAT", name="week")
    y = make_series(table["co2"], weeks)
    if frequency == "monthly":
        # Every month has weeks, but in five months no week was measured: their mean is NaN.
        y = y.groupby(weeks.to_period("M").rename("month")).mean()
    attributes = {"period": 12 if frequency == "monthly" else 52, "unit": "ppm"}
    return pack_series(y, name="co2", return_X_y=return_X_y, **attributes)


@validate_params({"return_X_y": ["boolean"]}, prefer_skip_nested_validation=True)
def load_sunspots(*, return_X_y=False):
    """Load the sunspot series (forecasting).

    Yearly means of the sunspot number [1]_: 309 years, 1700 to 2008, without missing
    values, 0 to 190.2. A cycle takes about eleven years, nine to fourteen from one minimum
    to the next, and its height varies. A seasonal method therefore soon gets out of phase.

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return `(X, y)`, the input of a forecaster's `fit`, instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        y : Series of shape (309,)
            "sunspots" in float64, with a yearly PeriodIndex "year".
        frame : DataFrame of shape (309, 1)
            The same values as a DataFrame.
        period : int
            11, the typical length of a cycle in steps.
        unit : str
            "sunspot number".
        DESCR : str
            The full description of the data set, with its source.

    (X, y) : tuple if `return_X_y` is True
        A DataFrame of shape (309, 0), which has only an index, and the series.

    See Also
    --------
    load_airline : A series with a season of constant length.

    Notes
    -----
    Public domain according to statsmodels, which took the data from the National
    Geophysical Data Center of the United States. They are the international sunspot numbers
    before the revision of 2015. The data come with the package; nothing is downloaded.

    References
    ----------
    .. [1] National Geophysical Data Center (NOAA), "Sunspot numbers",
       http://www.ngdc.noaa.gov/stp/solar/solarda3.html, as collected in `statsmodels
       <https://www.statsmodels.org>`_.

    Examples
    --------
    >>> from skseq.datasets import load_sunspots
    >>> y = load_sunspots().y
    >>> y.head(3)
    year
    1700     5.0
    1701    11.0
    1702    16.0
    Freq: Y-DEC, Name: sunspots, dtype: float64
    >>> print(y.idxmax(), y.max())
    1957 190.2
    """
    table = read_table("sunspots.csv")
    years = pd.PeriodIndex(table["year"].astype(str), freq="Y", name="year")
    y = make_series(table["sunspots"], years)
    attributes = {"period": 11, "unit": "sunspot number"}
    return pack_series(y, name="sunspots", return_X_y=return_X_y, **attributes)

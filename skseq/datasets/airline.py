"""Airline passengers: a monthly series with a trend and a multiplicative season."""

import pandas as pd
from sklearn.utils._param_validation import validate_params

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
    unit = "thousands of passengers"
    return pack_series(y, name="airline", period=12, unit=unit, return_X_y=return_X_y)

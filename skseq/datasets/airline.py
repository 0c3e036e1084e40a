"""Airline: monthly passengers, a trend and a season that grows with it."""

import pandas as pd
from sklearn.utils._param_validation import validate_params

from skseq.datasets.series import hand_over
from skseq.datasets.storage import open_data


@validate_params({"return_X_y": ["boolean"]}, prefer_skip_nested_validation=True)
def load_airline(*, return_X_y=False):
    """Load the airline series: forecast how many passengers will fly.

    Monthly totals of international airline passengers, 1949 to 1960 [1]_: a trend, and a
    season of twelve months that swings wider as the level rises.

    =================   ===================================
    Steps                    144 months, 1949-01 to 1960-12
    Values                       104 to 622, in thousands
    Missing values                                     none
    Season                                        12 months
    =================   ===================================

    To beat is the seasonal naive forecast, the same month of the year before: for 1960 its
    mean absolute error is 47.8 thousand passengers.

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return `(X, y)`, as a forecaster's `fit` takes them, instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        y : Series of shape (144,)
            "passengers" in float64, with a monthly PeriodIndex "month".
        frame : DataFrame of shape (144, 1)
            The same, as a table.
        period : int
            12, the steps after which the season repeats.
        unit : str
            "thousands of passengers".
        DESCR : str
            The data set in more words, with its source.

    (X, y) : tuple if `return_X_y` is True
        A DataFrame of shape (144, 0), the months alone, and the series.

    Raises
    ------
    ValueError
        If `return_X_y` is not a bool.

    See Also
    --------
    load_co2 : A monthly series with gaps and a steady season.
    load_nyc_departures : Three hourly series with seasons of a day and a week.

    Notes
    -----
    Figures that have been printed many times and are held to be in the public domain.
    Nothing is downloaded: the data come with the package.

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
    >>> last_year = y.loc["1960"].to_numpy()
    >>> year_before = y.loc["1959"].to_numpy()
    >>> print(round(float(abs(last_year - year_before).mean()), 1))
    47.8
    """
    with open_data("airline.csv") as file:
        table = pd.read_csv(file)
    y = pd.Series(
        table["passengers"].to_numpy(dtype=float),
        index=pd.PeriodIndex(table["month"], freq="M", name="month"),
        name="passengers",
    )
    return hand_over(
        y,
        name="airline",
        period=12,
        unit="thousands of passengers",
        return_X_y=return_X_y,
    )

"""CO2 at Mauna Loa: a series with a trend, a season and missing values."""

import pandas as pd
from sklearn.utils._param_validation import StrOptions, validate_params

from skseq.datasets.loading import make_series, pack_series, read_table

PERIODS = {"monthly": 12, "weekly": 52}


@validate_params(
    {"frequency": [StrOptions(set(PERIODS))], "return_X_y": ["boolean"]},
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
    period = PERIODS[frequency]
    return pack_series(y, name="co2", period=period, unit="ppm", return_X_y=return_X_y)

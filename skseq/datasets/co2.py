"""CO2: the air at Mauna Loa, weekly with gaps or as monthly means."""

import pandas as pd
from sklearn.utils._param_validation import StrOptions, validate_params

from skseq.datasets.series import hand_over
from skseq.datasets.storage import open_data

PERIODS = {"monthly": 12, "weekly": 52}


@validate_params(
    {
        "frequency": [StrOptions({"monthly", "weekly"})],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_co2(*, frequency="monthly", return_X_y=False):
    """Load the CO2 series of Mauna Loa: forecast how much carbon dioxide is in the air.

    Weekly averages of the air on Mauna Loa, Hawaii, March 1958 to December 2001 [1]_, or
    their monthly means: a rising trend, a steady season of one year, and a few gaps.

    =================   =======================   ============================
    frequency                         "monthly"                       "weekly"
    Steps                            526 months                     2284 weeks
    First and last           1958-03 to 2001-12       1958-03-29 to 2001-12-29
    Values                      313.4 to 373.80                   313 to 373.9
    Missing values                            5                             59
    Season                            12 months                 about 52 weeks
    =================   =======================   ============================

    Parameters
    ----------
    frequency : {"monthly", "weekly"}, default="monthly"
        Whether to load monthly means, computed from the weeks whose date, a Saturday, is
        in the month, or the weekly averages of the source.
    return_X_y : bool, default=False
        Whether to return `(X, y)`, as a forecaster's `fit` takes them, instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        y : Series of shape (526,) or (2284,)
            "co2" in float64, NaN where there was no measurement. The index is a monthly
            PeriodIndex "month", or a weekly DatetimeIndex "week" of Saturdays.
        frame : DataFrame of shape (526, 1) or (2284, 1)
            The same, as a table.
        period : int
            12 for months, 52 for weeks: the steps after which the season repeats.
        unit : str
            "ppm", parts per million by volume.
        DESCR : str
            The data set in more words, with its source.

    (X, y) : tuple if `return_X_y` is True
        A DataFrame without columns, the months or weeks alone, and the series.

    Raises
    ------
    ValueError
        If `frequency` or `return_X_y` is none of the above.

    See Also
    --------
    load_airline : A monthly series without gaps.

    Notes
    -----
    The data of the Scripps CO2 Program are under the licence Creative Commons Attribution
    4.0 International (CC BY 4.0). Nothing is downloaded: the data come with the package.

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
    with open_data("co2.csv") as file:
        table = pd.read_csv(file)
    weeks = pd.DatetimeIndex(
        pd.to_datetime(table["date"].astype(str), format="%Y%m%d"),
        freq="W-SAT",
        name="week",
    )
    y = pd.Series(table["co2"].to_numpy(dtype=float), index=weeks, name="co2")
    if frequency == "monthly":
        # No month is without a week, but five have no measured one: their mean is NaN.
        y = y.groupby(weeks.to_period("M").rename("month")).mean()
    return hand_over(
        y,
        name="co2",
        period=PERIODS[frequency],
        unit="ppm",
        return_X_y=return_X_y,
    )

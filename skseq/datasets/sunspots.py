"""Sunspots: three centuries of a cycle that never repeats exactly."""

import pandas as pd
from sklearn.utils._param_validation import validate_params

from skseq.datasets.series import hand_over
from skseq.datasets.storage import open_data


@validate_params({"return_X_y": ["boolean"]}, prefer_skip_nested_validation=True)
def load_sunspots(*, return_X_y=False):
    """Load the sunspot series: forecast how active the sun will be.

    Yearly means of the sunspot number, 1700 to 2008 [1]_. The cycle takes about eleven
    years, from one minimum to the next nine to fourteen, and no two are equally high: a
    seasonal method soon runs out of step.

    =================   =================================
    Steps                       309 years, 1700 to 2008
    Values                                   0 to 190.2
    Missing values                                   none
    Season                 none; a cycle of about 11 years
    =================   =================================

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return `(X, y)`, as a forecaster's `fit` takes them, instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        y : Series of shape (309,)
            "sunspots" in float64, with a yearly PeriodIndex "year".
        frame : DataFrame of shape (309, 1)
            The same, as a table.
        period : int
            11, the usual steps of a cycle.
        unit : str
            "sunspot number".
        DESCR : str
            The data set in more words, with its source.

    (X, y) : tuple if `return_X_y` is True
        A DataFrame of shape (309, 0), the years alone, and the series.

    Raises
    ------
    ValueError
        If `return_X_y` is not a bool.

    See Also
    --------
    load_airline : A series with a season that is exact.

    Notes
    -----
    Public domain as given by statsmodels, which took the data from the National
    Geophysical Data Center of the United States. They are the international sunspot
    numbers before the revision of 2015. Nothing is downloaded: the data come with the
    package.

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
    with open_data("sunspots.csv") as file:
        table = pd.read_csv(file)
    y = pd.Series(
        table["sunspots"].to_numpy(dtype=float),
        index=pd.PeriodIndex(table["year"].astype(str), freq="Y", name="year"),
        name="sunspots",
    )
    return hand_over(
        y, name="sunspots", period=11, unit="sunspot number", return_X_y=return_X_y
    )

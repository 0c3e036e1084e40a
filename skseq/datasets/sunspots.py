"""Sunspots: a yearly series with a cycle of varying length."""

import pandas as pd
from sklearn.utils._param_validation import validate_params

from skseq.datasets.loading import make_series, pack_series, read_table


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
    unit = "sunspot number"
    return pack_series(y, name="sunspots", period=11, unit=unit, return_X_y=return_X_y)

"""M1 yearly: the 181 short yearly series of the first Makridakis competition."""

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import validate_params

from skseq.datasets.loading import make_series, pack_series, read_table

# Number of years that the competition asked participants to forecast.
HORIZON = 6


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
    return pack_series(
        y, name="m1_yearly", period=1, unit="", return_X_y=return_X_y, horizon=HORIZON
    )

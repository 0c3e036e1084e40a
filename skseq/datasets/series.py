"""How the loaders of time series hand them over."""

from sklearn.utils import Bunch

from skseq.datasets.storage import read_description


def hand_over(y, *, name, period, unit, return_X_y, **facts):
    """Return a series as a Bunch or, with `return_X_y`, as covariates and series.

    Nothing is known ahead but time itself, so X has no columns: only the index.
    """
    # A copy, since before pandas 3 table and series would share their memory.
    frame = y.copy().to_frame()
    if return_X_y:
        return frame[[]], y
    return Bunch(
        y=y,
        frame=frame,
        period=period,
        unit=unit,
        **facts,
        DESCR=read_description(name),
    )

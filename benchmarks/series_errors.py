"""How far forecasts were off. Written out here, so that it checks the package as well."""

import numpy as np

LEVELS = (80, 95)
# Errors of Naive2 on M4 weekly: OWA is relative to them.
M4_SMAPE, M4_MASE = 9.161, 2.777


def quantiles_of(coverage):
    """Return the lower and upper quantile of an interval that covers so many per cent."""
    share = coverage / 100
    return (1 - share) / 2, (1 + share) / 2


def measure_errors(split, point, period):
    """Return the errors of forecasts, each the mean over windows.

    Parameters
    ----------
    split : Split
        What was forecast.
    point : ndarray of shape (n_windows, horizon, n_targets)
        The forecasts.
    period : int
        MASE is relative to the error of the values a period ago, over what was fitted.

    Returns
    -------
    dict of str to float
        Series that never change while fitted have no MASE, and are left out of it.
    """
    truth = split.read_truth()
    if point.shape != truth.shape or not np.isfinite(point).all():
        raise ValueError(
            f"forecasts of shape {point.shape}, {np.isnan(point).sum()} of them NaN, for "
            f"values of shape {truth.shape}."
        )
    off = np.abs(truth - point)
    size = np.abs(truth) + np.abs(point)
    share = np.divide(200 * off, size, out=np.zeros_like(off), where=size > 0)
    share[np.isnan(off)] = np.nan
    naive = np.array(
        [np.nanmean(np.abs(v[period:] - v[:-period])) for v in split.read_fitted()]
    )
    unit = np.where(naive > 0, naive, np.nan)[split.series]
    mase = np.nanmean(np.nanmean(off, axis=(1, 2)) / unit)
    smape = np.nanmean(share)
    return {
        "MAE": float(np.nanmean(off)),
        "MSE": float(np.nanmean(off**2)),
        "MASE": float(mase),
        "sMAPE": float(smape),
        "OWA": float((smape / M4_SMAPE + mase / M4_MASE) / 2),
    }


def count_covered(split, bounds):
    """Return how many values lie within their intervals.

    Parameters
    ----------
    split : Split
        What was forecast.
    bounds : dict of int to (lower, upper)
        By nominal coverage in per cent; arrays (n_windows, horizon, n_targets).

    Returns
    -------
    dict of str to int
        "covered_80", "covered_95", and "n_values", of how many.
    """
    truth = split.read_truth()
    known = np.isfinite(truth)
    counts = {"n_values": int(known.sum())}
    for level, (lower, upper) in bounds.items():
        inside = (lower <= truth) & (truth <= upper) & known
        counts[f"covered_{level}"] = int(inside.sum())
    return counts

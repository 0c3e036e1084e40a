"""Fill gaps in series by forecasts, so that forecasts after a gap read complete windows."""

import numpy as np

from skseq.series import Panel, gather_steps

# Number of passes. Each pass forecasts all gaps from the values before them; the second
# pass also reads the forecasts of earlier gaps.
N_PASSES = 2


def fill_windows(forecaster, panel, series, origins):
    """Return a panel without gaps before origins, and the windows in it.

    Shapes: series (n_windows,), origins (n_windows, n_targets). Returns the panel, series
    and origins, unchanged if there is no gap.
    """
    if not forecaster.fills_gaps or len(series) == 0:
        return panel, series, origins
    numbers, places = np.unique(series, return_inverse=True)
    earliest = np.full(len(numbers), origins.max())
    np.minimum.at(earliest, places, origins.min(axis=1))
    firsts = np.maximum(earliest - count_read_steps(forecaster), 0)
    starts, lengths = panel.starts[numbers], panel.lengths[numbers]
    bounds = zip(starts + firsts, starts + lengths, strict=True)
    rows = np.concatenate([np.arange(*bound) for bound in bounds])
    recent = Panel(
        panel.values[rows],
        panel.covariates[rows],
        lengths - firsts,
        np.zeros(len(numbers)),
        range(len(numbers)),
    )
    if not fill_gaps(forecaster, recent, numbers):
        return panel, series, origins
    return recent, places, origins - firsts[places][:, None]


def copy_filled(forecaster, panel):
    """Return a copy of a panel whose gaps are filled; None if there is no gap."""
    numbers = np.arange(panel.n_series)
    filled = panel.take(numbers)
    return filled if fill_gaps(forecaster, filled, numbers) else None


def count_read_steps(forecaster):
    """Return the number of past steps on which a forecast depends through filled gaps."""
    return forecaster.past_steps * (N_PASSES + 1 if forecaster.fills_gaps else 1)


def fill_gaps(forecaster, panel, sources):
    """Replace missing values between observed ones by their forecasts, in place.

    A gap is forecast from values before it only. Gaps with few values before them stay
    missing. `sources` (n_series,) are the numbers of the series in `coded_`. Returns whether
    there was any gap.
    """
    series, columns, firsts, stops = find_gaps(panel)
    past = panel, series, firsts, forecaster.context_length_, 0
    is_missing = np.isnan(gather_steps(panel.values, *past, columns=columns))
    rows = np.flatnonzero(is_missing.mean(axis=1) <= 0.5)
    if len(rows) == 0:
        return False
    series, columns, firsts, stops = (x[rows] for x in (series, columns, firsts, stops))
    horizon, lengths = forecaster.horizon_, stops - firsts
    for _ in range(N_PASSES):
        for offset in range(0, lengths.max(), horizon):
            rows = np.flatnonzero(lengths > offset)
            windows = series[rows], columns[rows], firsts[rows] + offset
            forecast = forecaster._forecast_windows(panel, *windows, sources[series[rows]])
            steps = windows[2][:, None] + np.arange(horizon)
            inside = steps < stops[rows][:, None]
            steps = (panel.starts[series[rows]][:, None] + steps)[inside]
            where = np.repeat(columns[rows], inside.sum(axis=1))
            panel.values[steps, where] = forecast.point[inside]
    return True


def find_gaps(panel):
    """Return the runs of missing values between observed ones of a panel.

    The storage of the panel has no reserved rows. Returns series, targets, first steps and
    the steps after the last ones: each (n_gaps,).
    """
    missing = np.isnan(panel.values)
    numbers = np.repeat(np.arange(panel.n_series), panel.lengths)
    is_same = np.zeros(len(missing) + 1, dtype=bool)  # whether a row continues a series
    is_same[1:-1] = numbers[1:] == numbers[:-1]
    edge = np.ones((1, missing.shape[1]), dtype=bool)
    before = np.concatenate([~edge, missing[:-1]]) & is_same[:-1, None]
    after = np.concatenate([missing[1:], ~edge]) & is_same[1:, None]
    # Runs of one column are in order, so the first and last rows of runs correspond.
    columns, firsts = np.nonzero((missing & ~before).T)
    lasts = np.nonzero((missing & ~after).T)[1]
    is_inner = is_same[firsts] & is_same[lasts + 1]
    columns, firsts, lasts = columns[is_inner], firsts[is_inner], lasts[is_inner]
    series = numbers[firsts]
    starts = panel.starts[series]
    return series, columns, firsts - starts, lasts + 1 - starts

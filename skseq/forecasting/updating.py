"""Append new observations to the series of a forecaster."""

import numpy as np

from skseq.forecasting.rolling import score_windows
from skseq.quoting import quote
from skseq.series import find_starts, measure_spreads


def match_series(new, observed, table):
    """Return the number in a panel of each series of new observations; None for new series.

    Raises ValueError if observations do not start where a series ended, or a static
    covariate changed.
    """
    return [_match(new, k, observed, table) for k in range(new.n_series)]


def _match(new, k, observed, table):
    """Return the number in `observed` of series number k of `new`, or None."""
    name = new.ids[k]
    i = observed.find(name)
    if i is None:
        if observed.ids == [None]:
            raise ValueError(
                f"The update names the series {quote(name)}, but fit saw one series "
                "without a name. Use the time alone as the index, as in fit."
            )
        return None
    expected = observed.next_tick(i)
    if observed.clock is not None and new.first_ticks[k] != expected:
        wanted, got = observed.clock.stamps([expected, new.first_ticks[k]])
        raise ValueError(
            f"An update must start right after the last observation{_of(name)}: expected "
            f"{wanted} first, got {got}. Leave out rows that were observed before, and "
            "pass rows without an observation as NaN."
        )
    static = slice(table.n_past, table.n_past + table.n_static)
    before, after = observed.inputs(i)[-1, static], new.inputs(k)[0, static]
    for column, old, value in zip(table.columns[static], before, after, strict=True):
        if old != value and not (np.isnan(old) and np.isnan(value)):
            raise ValueError(
                f"static_columns: {quote(column)}{_of(name)} was {old:g} and is now "
                f"{value:g}. Remove the column from static_columns."
            )
    return i


def _of(name):
    return "" if name is None else f" of series {quote(name)}"


def add_observations(forecaster, new, coded, numbers):
    """Append observations to the series of a forecaster, and update its calibration.

    `new` and `coded` are the observations before and after `target_transformer`, and
    `numbers` the series that they belong to, from `match_series`.
    """
    for k, i in enumerate(numbers):
        inputs = new.inputs(k)
        if i is None:
            args = inputs, new.first_ticks[k]
            forecaster.observed_.add_series(new.ids[k], new.targets(k), *args)
            forecaster.coded_.add_series(new.ids[k], coded.targets(k), *args)
            spread = measure_spreads(coded.take([k]), forecaster._spread_lag)
            forecaster.spreads_ = np.concatenate([forecaster.spreads_, spread])
            forecaster.calibration_.add_series(forecaster.coded_.n_series)
            continue
        series, panel = np.array([i]), forecaster.coded_
        origins = np.full((1, panel.n_targets), panel.lengths[i])
        origins = find_starts(panel, series, origins)
        forecaster.observed_.add_steps(i, new.targets(k), inputs)
        forecaster.coded_.add_steps(i, coded.targets(k), inputs)
        scores = score_windows(forecaster, panel, series, origins)
        for column, steps in enumerate(scores[0]):  # (n_targets, horizon)
            forecaster.calibration_.update(steps, i, column)

"""Append new observations to the series of a forecaster."""

from contextlib import contextmanager
from copy import copy

import numpy as np

from skseq.forecasting.rolling import score_windows
from skseq.quoting import quote
from skseq.series import find_starts, measure_spreads


@contextmanager
def all_or_nothing(forecaster):
    """Restore the observations and calibrations of a forecaster if the block fails.

    Observations are added in place, so that their cost does not depend on the past.
    """
    calibrations = forecaster.calibration_, forecaster.rolled_
    states = [
        (panel, panel.get_snapshot()) for panel in (forecaster.observed_, forecaster.coded_)
    ]
    for calibration in calibrations:
        values = {name: copy(value) for name, value in vars(calibration).items()}
        states.append((calibration, values))
    try:
        yield
    except BaseException:  # KeyboardInterrupt, too
        for owner, state in states:
            vars(owner).update(state)
        raise


def match_series(new, observed, table, owner="an update"):
    """Return the number in a panel of each series of new observations; None for new series.

    Raises ValueError if observations do not start where a series ended, or a static
    covariate changed. Messages name the `owner` of the observations.
    """
    return [_match(new, k, observed, table, owner) for k in range(new.n_series)]


def _match(new, k, observed, table, owner):
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
        remedy = "Leave out rows that were observed before, and pass"
        if owner == "history":  # which may repeat observations
            remedy = "Pass"
        raise ValueError(
            f"The rows of {owner} must start right after the last observation{_of(name)}: "
            f"expected {wanted} first, got {got}. {remedy} rows without an observation as "
            "NaN."
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
            for calibration in (forecaster.calibration_, forecaster.rolled_):
                calibration.add_series(forecaster.coded_.n_series)
            continue
        series, panel = np.array([i]), forecaster.coded_
        origins = np.full((1, panel.n_targets), panel.lengths[i])
        origins = find_starts(panel, series, origins)
        forecaster.observed_.add_steps(i, new.targets(k), inputs)
        forecaster.coded_.add_steps(i, coded.targets(k), inputs)
        scores, errors = score_windows(forecaster, panel, series, origins)
        for column in range(panel.n_targets):
            forecaster.calibration_.update(scores[0, column], i, column)
            forecaster.rolled_.update(errors[0, column], i, column)

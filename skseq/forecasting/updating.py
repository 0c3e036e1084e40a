"""Append new observations to the series of a forecaster."""

from contextlib import contextmanager
from copy import copy

import numpy as np

from skseq.forecasting.rolling import score_windows
from skseq.quoting import quote
from skseq.series import find_starts, measure_spreads

# Relative difference up to which repeated values are equal: that of float32 numbers.
TOLERANCE = 1e-6


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

    Observations start where a series ended, or at one of the steps at its end whose value is
    missing. Otherwise a ValueError is raised, also if they differ from observed values or a
    static covariate changed. Messages name the `owner` of the observations.
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
    first_open = expected - count_open_steps(observed, i)
    is_timed = observed.clock is not None
    if is_timed and not first_open <= new.first_ticks[k] <= expected:
        wanted, got = observed.clock.stamps([expected, new.first_ticks[k]])
        remedy = "Leave out rows that were observed before, and pass"
        if owner == "history":  # which may repeat observations
            remedy = "Pass"
        raise ValueError(
            f"The rows of {owner} must start right after the last observation{_of(name)}: "
            f"expected {wanted} first, got {got}. {remedy} rows without an observation as "
            "NaN."
        )
    tick = find_difference(new, k, observed, i) if is_timed else None
    if tick is not None:
        raise_different(new, k, observed, i, tick, owner)
    static = slice(table.n_past, table.n_past + table.n_static)
    before, after = observed.inputs(i)[-1, static], new.inputs(k)[0, static]
    for j, (old, value) in enumerate(zip(before, after, strict=True), table.n_past):
        if old != value and not (np.isnan(old) and np.isnan(value)):
            was, now = table.quote_value(j, old), table.quote_value(j, value)
            raise ValueError(
                f"static_columns: {quote(table.columns[j])}{_of(name)} was {was} and is now "
                f"{now}. Remove the column from static_columns."
            )
    return i


def count_open_steps(panel, i):
    """Return the number of steps at the end of a series at which a value is missing."""
    is_complete = ~np.isnan(panel.targets(i)).any(axis=1)
    return int(is_complete[::-1].argmax()) if is_complete.any() else len(is_complete)


def find_difference(new, k, observed, i):
    """Return the first tick where series k of `new` and i of `observed` differ, or None.

    A missing observation does not differ from any value.
    """
    first, given, seen = align_steps(new, k, observed, i)
    same = np.isclose(given, seen, rtol=TOLERANCE, atol=0) | np.isnan(seen)
    same = same.all(axis=1)
    return None if same.all() else first + int(same.argmin())


def align_steps(new, k, observed, i):
    """Return the first common tick of two series, and the values of each at common ticks.

    Values are targets and covariates: (n_steps, n_targets + n_covariates).
    """
    first = max(new.first_ticks[k], observed.first_ticks[i])
    last = max(min(new.next_tick(k), observed.next_tick(i)), first)
    values = [
        np.concatenate([panel.targets(n), panel.inputs(n)], axis=1)[
            first - panel.first_ticks[n] : last - panel.first_ticks[n]
        ]
        for panel, n in ((new, k), (observed, i))
    ]
    return first, *values


def raise_different(new, k, observed, i, tick, owner):
    """Raise ValueError because a step differs from the observed one."""
    stamp = new.clock.stamps([tick])[0]
    name = new.ids[k]
    seen, given = (
        panel.targets(n)[tick - panel.first_ticks[n]].tolist()
        for panel, n in ((observed, i), (new, k))
    )
    remedy = "Pass only later rows"
    if owner == "history":
        remedy += ", or give the series another name to forecast it from its history alone"
    raise ValueError(
        f"{owner.removeprefix('an ')} differs from the observations{_of(name)} at {stamp}: "
        f"y is {given}, but was {seen} before (or X differs). {remedy}."
    )


def _of(name):
    return "" if name is None else f" of series {quote(name)}"


def add_observations(forecaster, new, coded, numbers):
    """Append observations to the series of a forecaster, and update its calibration.

    They may also fill missing values at the end of a series.

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
        start = panel.lengths[i]
        if panel.clock is not None:
            start = new.first_ticks[k] - panel.first_ticks[i]
        forecaster.observed_.replace_steps(i, start, new.targets(k), inputs)
        panel.replace_steps(i, start, coded.targets(k), inputs)
        scores, errors = score_windows(forecaster, panel, series, origins)
        for column in range(panel.n_targets):
            forecaster.calibration_.update(scores[0, column], i, column)
            forecaster.rolled_.update(errors[0, column], i, column)

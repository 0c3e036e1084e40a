"""The parameter `history`: observations that are used in one call."""

from contextlib import suppress
from copy import copy, deepcopy

import numpy as np

from skseq.forecasting.updating import (
    add_observations,
    align_steps,
    count_open_steps,
    find_difference,
    match_series,
    raise_different,
)
from skseq.quoting import quote
from skseq.series import (
    Panel,
    build_panel,
    encode_series,
    is_default_index,
    measure_spreads,
)


def copy_with_history(forecaster, X, y, encode):
    """Return a forecaster that has also observed a history.

    `encode` is the function that transforms targets (n_rows, n_targets).
    """
    new, is_alone = read_history(forecaster, X, y)
    coded = new.map_values(encode)
    other = copy(forecaster)
    # add_history changes these attributes in place.
    for name in ("observed_", "coded_", "calibration_", "rolled_"):
        setattr(other, name, deepcopy(getattr(forecaster, name)))
    add_history(other, new, coded, is_alone=is_alone)
    return other


def read_history(forecaster, X, y):
    """Return the panel of a history, and whether it replaces the observations.

    It replaces them if it is a single series that does not continue the observations of a
    forecaster of one series. Otherwise it adds steps to observed series, and new series.
    Steps that were observed before may be repeated if their values agree.
    """
    reader, observed = forecaster.reader_, forecaster.observed_
    rows, values = reader.read_rows(X, y, "history")
    if rows.labels is not None and observed.ids == [None]:
        _check_single(rows)
        return _build_alone(rows, values, reader, observed), True
    if rows.labels is None and rows.stamps is not None and observed.clock is not None:
        panel = None
        with suppress(ValueError):  # raised below, unless the rows are found by position
            panel = _build_alone(rows, values, reader, observed)
        if is_default_index(rows.stamps):
            if panel is not None and _extends(panel, observed):
                return _trim(panel, observed), False
        elif panel is None or observed.n_series > 1 or not _continues(panel, observed):
            return _build_alone(rows, values, reader, observed), True
    panel = reader.place_rows(rows, values, observed, "history")
    return _trim(panel, observed), False


def add_history(forecaster, new, coded, *, is_alone):
    """Add a history to a copy of a forecaster.

    `new` and `coded` are the history before and after `target_transformer`. `is_alone`
    tells whether it replaces the observations.
    """
    if not is_alone:
        observed, table = forecaster.observed_, forecaster.reader_.table
        numbers = match_series(new, observed, table, "history")
        add_observations(forecaster, new, coded, numbers)
        return
    number = forecaster.observed_.n_series
    for name in ("calibration_", "rolled_"):
        calibration = getattr(forecaster, name)
        calibration.add_series(number + 1)
        setattr(forecaster, name, calibration.take([number]))
    forecaster.spreads_ = measure_spreads(coded, forecaster._spread_lag)
    forecaster.observed_, forecaster.coded_ = new, coded


def _check_single(rows):
    """Raise if the history of a forecaster of one series without a name has several."""
    _, names = encode_series(rows.labels, len(rows))
    if len(names) > 1:
        raise ValueError(
            f"history contains {len(names)} series, but the forecaster was fitted on one "
            "series without a name, and forecasts one at a time. Pass one of them, for "
            f"example history=y.loc[[{quote(names[0])}]]."
        )


def _build_alone(rows, values, reader, observed):
    """Return the panel of a single series, on the time grid of fit or one of equal step."""
    try:
        return build_panel(rows, values, reader.table, observed.clock)
    except ValueError:
        if observed.clock is not None:
            with suppress(ValueError):
                panel = build_panel(rows, values, reader.table)
                if panel.clock.has_step_of(observed.clock):
                    return panel
        raise


def _continues(panel, observed):
    """Return whether a series starts within or right after a single one, and agrees."""
    first, last = observed.first_ticks[0], observed.next_tick(0)
    if panel.clock is not observed.clock or not first <= panel.first_ticks[0] <= last:
        return False
    return find_difference(panel, 0, observed, 0) is None


def _extends(panel, observed):
    """Return whether a series repeats steps of a single one and adds others."""
    is_longer = panel.next_tick(0) > observed.next_tick(0) > panel.first_ticks[0]
    return is_longer and observed.n_series == 1 and _continues(panel, observed)


def _find_first_new(new, k, observed, i):
    """Return the first tick at which a history has values that were not observed.

    It is after the observed steps, or at a step at their end whose value is missing.
    """
    first, given, seen = align_steps(new, k, observed, i)
    end = observed.next_tick(i)
    is_new = (np.isnan(seen) & ~np.isnan(given)).any(axis=1)
    is_new &= first + np.arange(len(is_new)) >= end - count_open_steps(observed, i)
    return first + int(is_new.argmax()) if is_new.any() else end


def _trim(new, observed):
    """Return a panel without the steps that were observed before; raise if they differ."""
    if new.clock is None:
        return new
    names, kept, first_ticks, numbers = new.ids, [], [], []
    if names == [None] and observed.n_series == 1:
        names = observed.ids
    for k, name in enumerate(names):
        i = observed.find(name)
        start = 0
        if i is not None:
            tick = find_difference(new, k, observed, i)
            if tick is not None:
                raise_different(new, k, observed, i, tick, "history")
            start = max(_find_first_new(new, k, observed, i) - new.first_ticks[k], 0)
        if start < new.lengths[k]:
            kept.append(slice(start, None))
            first_ticks.append(new.first_ticks[k] + start)
            numbers.append(k)
    values, inputs = (
        [part(k)[steps] for k, steps in zip(numbers, kept, strict=True)]
        for part in (new.targets, new.inputs)
    )
    return Panel(
        np.concatenate([new.values[:0], *values]),
        np.concatenate([new.covariates[:0], *inputs]),
        [len(steps) for steps in values],
        first_ticks,
        [names[k] for k in numbers],
        new.clock,
    )

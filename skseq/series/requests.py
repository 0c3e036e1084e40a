"""Rows to forecast, found by series and time among what was observed."""

from dataclasses import dataclass

import numpy as np

from skseq.quoting import quote
from skseq.series.reading import factorize_series


@dataclass
class Request:
    """Which steps of which series are asked for.

    Attributes
    ----------
    series : ndarray of int of shape (n_rows,)
        Number of each row's series.
    steps : ndarray of int of shape (n_rows,)
        Steps after the last observation, from 0 on; below 0 lies the past.
    numbers : ndarray of int of shape (n_series,)
        The series that occur.
    future : ndarray of shape (n_series, n_steps, n_covariates)
        Covariates of the steps after the last observation; NaN where none are given.
    """

    series: np.ndarray
    steps: np.ndarray
    numbers: np.ndarray
    future: np.ndarray


def request_by_position(rows, panel):
    """Return a request for the rows right after a single series."""
    if panel.n_series > 1:
        raise ValueError(
            f"X tells no series and no time, but {panel.n_series} series were fitted: give "
            "X a (series, time) MultiIndex."
        )
    series = np.zeros(len(rows), dtype=np.int64)
    return Request(series, np.arange(len(rows)), series[:1], rows.covariates[None])


def request_by_time(rows, panel, reader):
    """Return a request for rows that are found by series and time.

    Raises
    ------
    ValueError
        If a series is unknown, or rows are missing whose covariates are needed.
    """
    series = _find_series(rows, panel)
    ticks = panel.clock.ticks(rows.stamps)
    ends = panel.first_ticks + panel.lengths
    steps = ticks - ends[series]
    numbers, places = np.unique(series, return_inverse=True)
    n_steps = max(int(steps.max(initial=-1)) + 1, 0)
    future = np.full((len(numbers), n_steps, rows.covariates.shape[1]), np.nan)
    ahead = steps >= 0
    future[places[ahead], steps[ahead]] = rows.covariates[ahead]
    given = np.zeros(future.shape[:2], dtype=bool)
    given[places[ahead], steps[ahead]] = True
    if reader.n_known and n_steps:
        _check_bridge(given, numbers, panel)
    _carry_static(future, numbers, panel, reader)
    return Request(series, steps, numbers, future)


def _find_series(rows, panel):
    if rows.labels is None:
        if panel.n_series > 1 or panel.ids != [None]:
            raise ValueError(
                f"the rows of X do not say whose they are; give X a (series, time) "
                f"MultiIndex, as in fit ({panel.n_series} series: {_list(panel.ids)})."
            )
        return np.zeros(len(rows), dtype=np.int64)
    codes, names = factorize_series(rows.labels)
    found = [panel.find(name) for name in names]
    if None in found:
        name = names[found.index(None)]
        if panel.ids == [None]:
            raise ValueError(
                f"X names series {quote(name)}, but fit saw one series without a name: give X the "
                "time alone as its index, as in fit."
            )
        raise ValueError(
            f"series {quote(name)} is unknown: neither fit nor update has seen it. Give its past "
            f"by predict(X, history=(X_past, y_past)) or update(X_past, y_past). Known are "
            f"{_list(panel.ids)}."
        )
    return np.asarray(found, dtype=np.int64)[codes]


def _check_bridge(given, numbers, panel):
    last = given.shape[1] - np.argmax(given[:, ::-1], axis=1)  # steps up to the last given
    last[~given.any(axis=1)] = 0
    needed = np.arange(given.shape[1]) < last[:, None]
    absent = needed & ~given
    if not absent.any():
        return
    i = int(absent.any(axis=1).argmax())
    steps = np.flatnonzero(absent[i])
    stamps = panel.clock.stamps(panel.next_tick(numbers[i]) + steps)
    name = panel.ids[numbers[i]]
    raise ValueError(
        f"X lacks {len(steps)} rows{'' if name is None else f' of series {quote(name)}'} between "
        f"the last observation and the rows asked for: {stamps[0]}"
        f"{f' to {stamps[-1]}' if len(steps) > 1 else ''}. Their covariates are needed to "
        "forecast what follows: give X those rows too, or call update(X, y) if they have "
        "been observed. In cross-validation, leave no gap, or use "
        "skseq.model_selection.backtest, which bridges it."
    )


def _carry_static(future, numbers, panel, reader):
    static = slice(reader.n_past, reader.n_past + reader.n_static)
    for i, number in enumerate(numbers):
        future[i, :, static] = panel.inputs(number)[-1, static]


def _list(names, most=5):
    shown = ", ".join(quote(name) for name in names[:most])
    return shown + (", ..." if len(names) > most else "")

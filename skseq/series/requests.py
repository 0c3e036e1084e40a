"""Find the steps to forecast for the rows of a table."""

from dataclasses import dataclass

import numpy as np

from skseq.quoting import quote
from skseq.series.positions import count_rows
from skseq.series.reading import encode_series

# Maximum number of steps to forecast after the last observation.
MAX_STEPS = 10**6
# Maximum number of series names in an error message.
MAX_NAMES = 5


@dataclass
class Request:
    """Steps to forecast, one for each row of a table."""

    series: np.ndarray  # (n_rows,), number of each row's series
    steps: np.ndarray  # (n_rows,), 0 for the first unobserved step, negative before it
    numbers: np.ndarray  # (n_series,), sorted numbers of the series that occur
    # (n_series, n_steps, n_covariates), of the unobserved steps; NaN where X has no row
    future: np.ndarray


def request_by_position(rows, panel, reader):
    """Return a request for the steps right after the last ones of the series of rows.

    The rows of each series are in chronological order. Raise ValueError if a series is
    unknown.
    """
    if rows.labels is None and panel.n_series > 1:
        raise ValueError(
            f"X has no index to identify the series and the time of its rows, but "
            f"{panel.n_series} series were fitted. Give X a (series, time) MultiIndex."
        )
    series = _find_series(rows, panel)
    return _make_request(rows, panel, reader, series, count_rows(series))


def request_by_time(rows, panel, reader):
    """Return a request for the series and times of rows.

    Raise ValueError if a series is unknown, or if rows with required covariates are
    missing.
    """
    series = _find_series(rows, panel)
    steps = panel.clock.ticks(rows.stamps) - (panel.first_ticks + panel.lengths)[series]
    return _make_request(rows, panel, reader, series, steps)


def _make_request(rows, panel, reader, series, steps):
    """Return the request for rows, given the series and step of each: (n_rows,)."""
    numbers, positions = np.unique(series, return_inverse=True)
    n_steps = max(int(steps.max(initial=-1)) + 1, 0)
    check_steps(n_steps)
    future = np.full((len(numbers), n_steps, rows.covariates.shape[1]), np.nan)
    given = np.zeros(future.shape[:2], dtype=bool)
    ahead = steps >= 0
    future[positions[ahead], steps[ahead]] = rows.covariates[ahead]
    given[positions[ahead], steps[ahead]] = True
    if reader.n_known and n_steps:
        _check_no_gap(given, numbers, panel)
    static = slice(reader.n_past, reader.n_past + reader.n_static)
    for i, number in enumerate(numbers):
        future[i, :, static] = panel.inputs(number)[-1, static]
    return Request(series, steps, numbers, future)


def check_steps(n_steps):
    """Raise ValueError if there are too many steps after the last observation."""
    if n_steps > MAX_STEPS:
        raise ValueError(
            f"The rows to forecast end {n_steps} steps after the last observation, but at "
            f"most {MAX_STEPS} are possible. Check their time, or call update with the "
            "observations in between."
        )


def _find_series(rows, panel):
    """Return the number in the panel of each row's series."""
    if rows.labels is None and panel.n_series == 1:
        return np.zeros(len(rows), dtype=np.int64)
    if rows.labels is None:
        raise ValueError(
            "The rows of X do not identify their series. Give X a (series, time) "
            f"MultiIndex, as in fit ({panel.n_series} series: {_quote_names(panel.ids)})."
        )
    codes, names = encode_series(rows.labels, len(rows))
    numbers = [panel.find(name) for name in names]
    if None in numbers:
        name = quote(names[numbers.index(None)])
        if panel.ids == [None]:
            raise ValueError(
                f"X names series {name}, but in fit there was one series without a name. "
                "Use the time alone as the index of X, as in fit."
            )
        raise ValueError(
            f"Series {name} is unknown: it occurred neither in fit nor in update. Pass its "
            "past with predict(X, history=(X_past, y_past)) or update(X_past, y_past). "
            f"Known series: {_quote_names(panel.ids)}. In "
            "cross-validation, use skseq.model_selection.PanelTimeSeriesSplit, which divides "
            "the steps of each series."
        )
    return np.asarray(numbers, dtype=np.int64)[codes]


def _check_no_gap(given, numbers, panel):
    """Raise ValueError if rows are missing before the last given row of a series."""
    is_needed = np.logical_or.accumulate(given[:, ::-1], axis=1)[:, ::-1]
    missing = is_needed & ~given  # (n_series, n_steps)
    if not missing.any():
        return
    i = int(missing.any(axis=1).argmax())
    steps = np.flatnonzero(missing[i])
    stamps = panel.clock.stamps(panel.next_tick(numbers[i]) + steps)
    name = panel.ids[numbers[i]]
    raise ValueError(
        f"X lacks {len(steps)} rows{'' if name is None else f' of series {quote(name)}'} "
        f"between the last observation and the rows to forecast: {stamps[0]}"
        f"{f' to {stamps[-1]}' if len(steps) > 1 else ''}. Their covariates are needed for "
        "later forecasts. Include these rows in X, or call update(X, y) if they have been "
        "observed. In cross-validation, leave no gap, or use "
        "skseq.model_selection.backtest, which fills it."
    )


def _quote_names(names):
    shown = ", ".join(quote(name) for name in names[:MAX_NAMES])
    return shown + (", ..." if len(names) > MAX_NAMES else "")

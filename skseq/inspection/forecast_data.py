"""Collect the data of a ForecastDisplay, from an estimator or from a backtest."""

import numpy as np
import pandas as pd

from skseq.metrics.distributions import name_quantile
from skseq.metrics.wrappers import (
    call_method,
    check_index_is_kept,
    get_observed,
    get_row_index,
    get_series_column,
    unwrap,
)
from skseq.quoting import quote

# Default length of the history, in lengths of the forecast.
HISTORY_FACTOR = 4
MAX_NAMES = 5


def read_estimator(estimator, X, y, coverage, n_history, series, target):
    """Return forecasts for rows of X, with the observations before and at these rows."""
    forecaster, _, transformers = unwrap(estimator)
    names = list(forecaster.series_ids_)
    number = select(series, names, "series", "The forecaster")
    if X is None:
        X = next_rows(forecaster, number)
    if y is not None and len(y) != len(X):
        raise ValueError(
            f"y has {len(y)} rows, but {len(X)} are forecast: pass the observations of "
            "these rows only, for example y.loc[X.index], or y=None to draw only the "
            "forecasts."
        )
    check_index_is_kept(estimator, X)
    labels = get_row_index(estimator, X)
    rows = rows_of_series(labels, names[number], len(X))
    X = X[rows]
    is_counted = labels is None or forecaster.observed_.clock is None
    times = next_stamps(forecaster, number, len(X)) if is_counted else labels[rows]
    times = times.get_level_values(-1)
    points = np.asarray(estimator.predict(X), dtype=float).reshape(len(X), -1)
    column = select_target(target, forecaster, points.shape[1])
    data = {"cutoff": forecaster.observed_.stamps(number)[-1], "time": times}
    data["forecast"] = points[:, column]
    lower = [(1 - share) / 2 for share in coverage]
    if levels := sorted({*lower, *(1 - level for level in lower)}):
        values = np.asarray(call_method(estimator, "predict_quantiles", X, levels))
        values = values.reshape(*points.shape, len(levels))[:, column]
        data |= dict(zip(map(name_quantile, levels), values.T, strict=True))
    forecasts = pd.DataFrame(data).sort_values("time", ignore_index=True)
    observed = get_observed(forecaster, number, transformers).iloc[:, column]
    if y is None:
        actual = observed[observed.index.isin(times)]
    else:
        values = np.asarray(y, dtype=float).reshape(len(y), -1)[rows, column]
        actual = pd.Series(values, index=times).sort_index()
    history = observed[observed.index < times.min()]
    target_names = forecaster.target_names_
    return {
        "forecasts": forecasts,
        "history": last_steps(history, n_history, len(forecasts)),
        "actual": actual.dropna(),
        "series_name": names[number],
        "target_name": target_names[column] if target_names else getattr(y, "name", None),
    }


def read_backtest(result, y, series, target, cutoffs, n_history):
    """Return the forecasts and observations of one series of a backtest."""
    frame = pd.DataFrame(result)
    selected = {}
    for column, given in (("series", series), ("target", target)):
        if column in frame or given is not None:
            frame, selected[column] = select_rows(frame, column, given)
    frame = frame[frame["cutoff"].isin(select_cutoffs(frame["cutoff"], cutoffs))]
    actual = frame.drop_duplicates("time").set_index("time")["y"].sort_index()
    history, name = actual[:0], None
    if y is not None:
        observed, name = read_series(y, selected)
        longest = frame.groupby("cutoff").size().max()
        first, last = actual.index[[0, -1]]
        history = last_steps(observed[observed.index < first], n_history, longest)
        actual = observed[(observed.index >= first) & (observed.index <= last)]
    return {
        "forecasts": frame.drop(columns=list(selected)).reset_index(drop=True),
        "history": history,
        "actual": actual.dropna(),
        "series_name": selected.get("series"),
        "target_name": selected.get("target", name),
    }


def select(given, names, kind, owner):
    """Return the position of a name; it may be None if there is only one."""
    if given is None and len(names) == 1:
        return 0
    if given in names:
        return names.index(given)
    plural = "series" if kind == "series" else f"{kind}s"
    shown = ", ".join(quote(name) for name in names[:MAX_NAMES])
    shown += ", ..." if len(names) > MAX_NAMES else ""
    n = len(names)
    if given is None:
        raise ValueError(f"{owner} has {n} {plural}: pass {kind}=..., one of {shown}.")
    raise ValueError(f"{kind}={quote(given)} is not one of the {n} {plural}: {shown}.")


def select_rows(frame, column, given):
    """Return the rows of one series or target of a backtest, and its name."""
    if column not in frame:
        raise ValueError(
            f"{column}={quote(given)}, but the backtest has no column {column!r}."
        )
    names = list(frame[column].unique())
    name = names[select(given, names, column, "The backtest")]
    # Names may be tuples, which pandas does not compare elementwise.
    return frame[[other == name for other in frame[column]]], name


def select_target(target, forecaster, n_targets):
    """Return the column of a target, given by name or number."""
    names = list(forecaster.target_names_ or range(n_targets))
    if target is not None and target not in names and target in range(n_targets):
        return target
    return select(target, names, "target", "The forecaster")


def select_cutoffs(column, cutoffs):
    """Return the given cutoffs as values of the column, by default all."""
    available = pd.Index(column.unique())
    if cutoffs is None:
        return available
    selected = []
    for cutoff in cutoffs:
        try:
            position = available.get_loc(cutoff)  # accepts dates as text
        except (KeyError, TypeError, ValueError):
            raise ValueError(
                f"cutoffs: {quote(cutoff)} is not one of the {len(available)} cutoffs of "
                f"the backtest, {available[0]} to {available[-1]}."
            ) from None
        selected.extend(np.atleast_1d(available[position]))
    return selected


def pair_levels(columns):
    """Return (coverage, lower column, upper column) of each interval, the widest first."""
    quantiles = [name for name in columns if str(name).startswith("q")]
    levels = {round(float(name[1:]), 6): name for name in quantiles}
    return [
        (1 - 2 * level, levels[level], levels[opposite])
        for level in sorted(levels)
        if level < 0.5 and (opposite := round(1 - level, 6)) in levels
    ]


def rows_of_series(labels, name, n_rows):
    """Return a mask of the rows that belong to a series."""
    if labels is None or labels.nlevels == 1:
        return np.ones(n_rows, dtype=bool)
    rows = np.array([label == name for label in labels.droplevel(-1)])
    if not rows.any():
        raise ValueError(f"X has no rows of the series {quote(name)}.")
    return rows


def next_stamps(forecaster, number, n_steps):
    """Return the time stamps after the last observation of a series."""
    observed = forecaster.observed_
    if observed.clock is None:
        start = len(observed.stamps(number))
        return pd.RangeIndex(start, start + n_steps)
    return observed.clock.stamps(observed.next_tick(number) + np.arange(n_steps))


def next_rows(forecaster, number):
    """Return rows without columns for the steps after the last observation."""
    n_steps, column = forecaster.horizon_, get_series_column(forecaster)
    if forecaster.observed_.clock is None and column is None:
        return np.empty((n_steps, 0))
    rows = pd.DataFrame(index=next_stamps(forecaster, number, n_steps))
    name = forecaster.series_ids_[number]
    if column is not None:
        return rows.assign(**{column: name})
    return rows if name is None else pd.concat({name: rows})


def last_steps(history, n_history, n_steps):
    """Return the last `n_history` steps, by default a multiple of the forecast's length."""
    return history.tail(HISTORY_FACTOR * n_steps if n_history is None else n_history)


def read_series(y, selected):
    """Return one series of y by time, and its name."""
    if not isinstance(y, (pd.Series, pd.DataFrame)):
        y = pd.DataFrame(np.asarray(y))
    if "series" in selected:
        y = y[[label == selected["series"] for label in y.index.droplevel(-1)]]
        y = y.droplevel(list(range(y.index.nlevels - 1)))
    if isinstance(y, pd.DataFrame):
        y = y[selected["target"]] if "target" in selected else y.iloc[:, 0]
    return y, y.name

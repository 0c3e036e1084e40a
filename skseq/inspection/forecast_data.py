"""What a display of forecasts draws, from an estimator or from a backtest."""

import numpy as np
import pandas as pd

from skseq.metrics.distributions import name_quantile
from skseq.metrics.forecasters import (
    call_within,
    check_rows_are_found,
    label_rows,
    read_observed,
    unwrap,
)
from skseq.quoting import quote

# How much longer the history is than the forecast, unless the user says.
HISTORY_FACTOR = 4
MOST_NAMES = 5


def read_estimator(estimator, X, y, coverage, n_history, series, target):
    """Return the forecasts of rows of X, what was observed before them and at them."""
    forecaster, _, transformers = unwrap(estimator)
    names = list(forecaster.series_ids_)
    number = choose(series, names, "series", "The forecaster")
    if X is None:
        X = next_rows(forecaster, number)
    check_length(y, X)
    check_rows_are_found(estimator, X)
    labels = label_rows(estimator, X)
    rows = rows_of_series(labels, names[number], len(X))
    X = X[rows]
    times = next_stamps(forecaster, number, len(X)) if labels is None else labels[rows]
    times = times.get_level_values(-1)
    points = np.asarray(estimator.predict(X), dtype=float).reshape(len(X), -1)
    column = choose_target(target, forecaster, points.shape[1])
    data = {"cutoff": forecaster.observed_.stamps(number)[-1], "time": times}
    data["forecast"] = points[:, column]
    levels = list_levels(coverage)
    if levels:
        values = np.asarray(call_within(estimator, "predict_quantiles", X, levels))
        values = values.reshape(len(X), points.shape[1], len(levels))
        for k, level in enumerate(levels):
            data[name_quantile(level)] = values[:, column, k]
    forecasts = pd.DataFrame(data).sort_values("time", ignore_index=True)
    observed = read_observed(forecaster, number, transformers).iloc[:, column]
    if y is None:
        actual = observed[observed.index.isin(times)]
    else:
        values = np.asarray(y, dtype=float).reshape(len(y), -1)[rows, column]
        actual = pd.Series(values, index=times).sort_index()
    history = observed[observed.index < times.min()]
    return {
        "forecasts": forecasts,
        "history": last_steps(history, n_history, len(forecasts)),
        "actual": actual.dropna(),
        "series_name": names[number],
        "target_name": name_target(forecaster, y, column),
    }


def check_length(y, X):
    """Raise if y has not one row for each row of X."""
    if y is not None and len(y) != len(X):
        raise ValueError(
            f"y has {len(y)} rows, but {len(X)} are forecast: give what was observed at those "
            "rows alone, for example y.loc[X.index], or leave y out to see the forecasts."
        )


def read_backtest(result, y, series, target, cutoffs, n_history):
    """Return the forecasts of one series of a backtest, and what was observed."""
    frame = pd.DataFrame(result)
    chosen = {}
    for column, given in (("series", series), ("target", target)):
        if column not in frame:
            if given is not None:
                raise ValueError(
                    f"{column}={quote(given)}, but the backtest has no column {column!r}."
                )
            continue
        names = list(frame[column].unique())
        chosen[column] = names[choose(given, names, column, "The backtest")]
        # Names may be tuples, which a frame would not compare one by one.
        frame = frame[[name == chosen[column] for name in frame[column]]]
    frame = frame[frame["cutoff"].isin(choose_cutoffs(frame["cutoff"], cutoffs))]
    actual = frame.drop_duplicates("time").set_index("time")["y"].sort_index()
    history, name = actual[:0], None
    if y is not None:
        whole, name = read_series(y, chosen)
        history = whole[whole.index < actual.index[0]]
        within = (whole.index >= actual.index[0]) & (whole.index <= actual.index[-1])
        actual = whole[within]
        longest = frame.groupby("cutoff").size().max()
        history = last_steps(history, n_history, longest)
    return {
        "forecasts": frame.drop(columns=list(chosen)).reset_index(drop=True),
        "history": history,
        "actual": actual.dropna(),
        "series_name": chosen.get("series"),
        "target_name": chosen.get("target", name),
    }


def choose(given, names, kind, whose):
    """Return the number of the name that is given, or of the only one there is."""
    if given is None and len(names) == 1:
        return 0
    if given in names:
        return names.index(given)
    shown = ", ".join(quote(name) for name in names[:MOST_NAMES])
    shown += ", ..." if len(names) > MOST_NAMES else ""
    if given is None:
        raise ValueError(
            f"{whose} has {len(names)} {kind_of(kind)}: say which to draw by {kind}=..., "
            f"one of {shown}."
        )
    raise ValueError(
        f"{kind}={quote(given)} is none of the {len(names)} {kind_of(kind)}: {shown}."
    )


def kind_of(kind):
    """Return the plural."""
    return kind if kind == "series" else f"{kind}s"


def choose_target(target, forecaster, n_targets):
    """Return the column of a target, by its name or number."""
    names = list(forecaster.target_names_ or range(n_targets))
    if target is not None and target not in names and target in range(n_targets):
        return target
    return choose(target, names, "target", "The forecaster")


def choose_cutoffs(column, cutoffs):
    """Return the cutoffs that are asked for."""
    found = pd.Index(column.unique())
    if cutoffs is None:
        return found
    chosen = []
    for cutoff in cutoffs:
        try:
            # Dates may be given as text.
            place = found.get_loc(cutoff)
        except (KeyError, TypeError, ValueError):
            raise ValueError(
                f"cutoffs: {quote(cutoff)} is none of the {len(found)} cutoffs of the backtest, "
                f"{found[0]} to {found[-1]}."
            ) from None
        chosen.extend(np.atleast_1d(found[place]))
    return chosen


def list_levels(coverage):
    """Return the quantiles at the ends of central intervals."""
    low = [(1 - share) / 2 for share in coverage]
    return sorted({*low, *(1 - level for level in low)})


def pair_levels(columns):
    """Return central intervals among quantile columns, the widest first.

    A list of (coverage, lower column, upper column).
    """
    levels = {
        round(float(name[1:]), 6): name for name in columns if str(name).startswith("q")
    }
    pairs = []
    for level, name in sorted(levels.items()):
        opposite = levels.get(round(1 - level, 6))
        if level < 0.5 and opposite is not None:
            pairs.append((1 - 2 * level, name, opposite))
    return pairs


def rows_of_series(labels, name, n_rows):
    """Return which rows are those of a series."""
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
        n_seen = len(observed.stamps(number))
        return pd.RangeIndex(n_seen, n_seen + n_steps)
    return observed.clock.stamps(observed.next_tick(number) + np.arange(n_steps))


def next_rows(forecaster, number):
    """Return rows without columns for the steps after the last observation."""
    n_steps = forecaster.horizon_
    if forecaster.observed_.clock is None:
        return np.empty((n_steps, 0))
    stamps = next_stamps(forecaster, number, n_steps)
    name = forecaster.series_ids_[number]
    if name is None:
        return pd.DataFrame(index=stamps)
    return pd.concat({name: pd.DataFrame(index=stamps)})


def last_steps(history, n_history, n_steps):
    """Return the end of the history."""
    n_history = HISTORY_FACTOR * n_steps if n_history is None else n_history
    return history.iloc[max(0, len(history) - n_history) :]


def name_target(forecaster, y, column):
    """Return what the target is called, or None."""
    if forecaster.target_names_:
        return forecaster.target_names_[column]
    return getattr(y, "name", None)


def read_series(y, chosen):
    """Return one series of y by time, and its name."""
    if not isinstance(y, (pd.Series, pd.DataFrame)):
        y = pd.DataFrame(np.asarray(y))
    if "series" in chosen:
        labels = y.index.droplevel(-1)
        y = y[[label == chosen["series"] for label in labels]].droplevel(
            list(range(y.index.nlevels - 1))
        )
    if isinstance(y, pd.DataFrame):
        y = y[chosen["target"]] if "target" in chosen else y.iloc[:, 0]
    return y, y.name

"""How rows identify their sequences and times: the usual time step, and gaps."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from skseq.saved import Saved, is_flag, is_names, require
from skseq.series.clock import Clock
from skseq.series.stamps import infer_offset, is_integer, to_numbers

# A step follows the one before it if it is at most this many usual steps later.
MAX_STEPS_APART = 1.5
# Times are regular if at least half of the differences deviate this little from the median,
# or if a third deviates as little from the smallest one and the others are multiples of it:
# so they are in a random half of the rows. A few multiples may be a coincidence.
TOLERANCE = 0.1
MEDIAN_SHARE, SMALLEST_SHARE, MIN_MULTIPLES = 1 / 2, 1 / 3, 10
# Kinds of times.
KINDS = ("time", "period", "number", "row")


@dataclass
class RowForm(Saved):
    """How the rows of X identify their sequence and time.

    Parameters
    ----------
    sequence : list
        Columns of X that identify the sequence of a row; empty if the index does, or if all
        rows are one sequence.
    kind : str or None
        Kind of the times: "time" (dates and durations), "period" or "number"; "row" if the
        index has numbers of rows of a larger table. None if the rows have no times.
    step : float or None
        Usual difference between the times of consecutive steps: nanoseconds of times,
        periods, or the unit of numbers. None if times are irregular.
    clock : Clock or None
        Time grid of steps of varying length, such as business days, which forgives gaps.
    has_levels : bool
        Whether levels of the index identify the sequence of a row.
    """

    saved_name = "row form"

    sequence: list
    kind: str | None = None
    step: float | None = None
    clock: Clock | None = None
    has_levels: bool = False

    @classmethod
    def from_state(cls, sequence, kind, step, clock, has_levels):
        """Create the form from a state; raise ValueError if the state is invalid."""
        valid = is_names(sequence) and (kind is None or kind in KINDS)
        valid = valid and (step is None or (type(step) is float and step > 0))
        valid = valid and (clock is None or isinstance(clock, Clock))
        valid = valid and is_flag(has_levels)
        require(valid, "the description of the rows is invalid")
        return cls(sequence, kind, step, clock, has_levels)


def describe_times(stamps, owners, form, is_level):
    """Return the form with the kind and usual step of times, sorted by sequence."""
    is_same = np.diff(owners) == 0
    if _holds_row_numbers(stamps, is_level):
        steps = np.diff(np.sort(to_numbers(stamps)))
        return replace(form, kind="row", step=float(np.gcd.reduce(steps)) or 1.0)
    form = replace(form, kind=_find_kind(stamps))
    if is_same.any():
        form.step = _find_usual_step(_measure_steps(stamps)[is_same])
    if form.step is not None and isinstance(stamps, pd.DatetimeIndex):
        offset = infer_offset(stamps, owners)
        if offset is not None and not isinstance(offset, pd.offsets.Tick):
            form.clock = Clock(stamps[0], offset, stamps[:0])
    return form


def _find_usual_step(steps):
    """Return the usual one of the differences between times, or None if there is none."""
    usual = float(np.median(steps))
    if (np.abs(steps - usual) <= TOLERANCE * usual).mean() >= MEDIAN_SHARE:
        return usual
    usual = float(steps.min())
    is_usual = steps <= (1 + TOLERANCE) * usual
    remainders = np.abs(steps / usual - np.round(steps / usual))
    is_grid = is_usual.mean() >= SMALLEST_SHARE and remainders.max() <= TOLERANCE
    return usual if is_grid and len(steps) >= MIN_MULTIPLES else None


def _holds_row_numbers(stamps, is_level):
    """Return whether the index has numbers of rows of a larger table, not times.

    These are integers without a name, as pandas sets by default, that no two rows share.
    """
    return not is_level and is_integer(stamps) and stamps.name is None and stamps.is_unique


def _find_kind(stamps):
    if isinstance(stamps, pd.PeriodIndex):
        return "period"
    return "number" if stamps.dtype.kind in "iuf" else "time"


def _measure_steps(stamps):
    """Return the differences of consecutive stamps as floats, of times in nanoseconds."""
    steps = np.diff(to_numbers(stamps)).astype(np.float64)
    if _find_kind(stamps) == "time":
        steps *= np.timedelta64(1, stamps.unit) / np.timedelta64(1, "ns")
    return steps


def _follow_rows(stamps, step):
    """Return whether no row of the table is missing between a row and the one before it.

    The table has each row whose number is a multiple of `step`. Rows of other sequences may
    be in between.
    """
    numbers = to_numbers(stamps)
    ranks = np.argsort(np.argsort(numbers, kind="stable"), kind="stable")
    return np.diff(ranks) * int(step) == np.diff(numbers)


def find_gaps(stamps, form):
    """Return whether the time of a row does not follow that of the row before it.

    The first row of a sequence may have any value.
    """
    is_torn = np.zeros(len(stamps), dtype=bool)
    if form.kind == "row":
        is_torn[1:] = ~_follow_rows(stamps, form.step)
    elif form.step is not None:
        is_torn[1:] = _measure_steps(stamps) > MAX_STEPS_APART * form.step
        if form.clock is not None and is_torn.any():
            is_torn[1:] &= ~form.clock.is_next(stamps)
    return is_torn


def count_missing_steps(stamps, owners, fitted=None):
    """Return how many steps are missing before each row, and the RowForm of the times.

    `stamps` (n_rows,) are sorted by series and time, and `owners` (n_rows,) are the numbers
    of the series. `fitted` is the form of earlier rows, whose usual step is used again.
    Nothing is missing before the first row of a series, or if times are irregular. Raise
    ValueError if the usual step is another one.
    """
    form = describe_times(stamps, owners, RowForm([]), is_level=True)
    if fitted is not None and fitted.kind == form.kind:
        if len(stamps) > MIN_MULTIPLES:
            _check_usual_step(form, fitted)
        form = fitted
    missing = np.zeros(len(stamps), dtype=np.int64)
    if form.step is None:
        return missing, form
    is_gap = find_gaps(stamps, form)
    is_gap[1:] &= np.diff(owners) == 0
    rows = np.flatnonzero(is_gap)
    steps = _measure_steps(stamps)[rows - 1] / form.step
    missing[rows] = np.maximum(np.round(np.minimum(steps, 2.0**62)), 1) - 1
    return missing, form


def _check_usual_step(form, fitted):
    """Raise ValueError if the usual step of rows is not that of fit."""
    if None in (form.step, fitted.step) or form.clock or fitted.clock:
        return  # irregular times, or steps of varying length
    if 1 / MAX_STEPS_APART < form.step / fitted.step < MAX_STEPS_APART:
        return
    found, expected = (
        str(pd.Timedelta(step, "ns")) if form.kind == "time" else f"{step:g}"
        for step in (form.step, fitted.step)
    )
    raise ValueError(
        f"The rows of X are usually {found} apart, but those in fit were {expected} apart. "
        "Resample X to the time step of fit, or fit on rows with the time step of X."
    )

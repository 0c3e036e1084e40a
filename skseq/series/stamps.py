"""Time stamps: validation of their type and order, and inference of their step."""

import warnings
from collections import Counter

import numpy as np
import pandas as pd

from skseq.quoting import quote
from skseq.series.remedies import MAX_INTEGER, convert_index

# If the index has gaps, the frequency is inferred from pieces of this many stamps.
PIECE_LENGTH = 8


def check_index_type(stamps, names, column):
    """Raise ValueError unless stamps are dates, periods or integers."""
    if isinstance(stamps, (pd.DatetimeIndex, pd.PeriodIndex)):
        return
    if is_integer(stamps):
        check_size(stamps)
        return
    code = convert_index(stamps, is_level=names != [None] and column is None)
    raise ValueError(
        "The time index must be a DatetimeIndex, a PeriodIndex or an index of integers, "
        f"got {type(stamps).__name__} of dtype {stamps.dtype}. Convert the index of X and "
        f"y, for example with {code}, or pass arrays without an index."
    )


def check_order(stamps, owners, names, noun="series"):
    """Raise ValueError if the stamps of a series are duplicated or not sorted.

    Messages call a series `noun`.
    """
    check_no_missing(stamps)
    is_same = np.diff(owners) == 0
    numbers = to_numbers(stamps)
    steps = np.diff(numbers)
    if not (is_same & (steps <= 0)).any():
        return
    # Duplicates need not follow each other if the rows are not sorted.
    order = np.lexsort((numbers, owners))
    is_tie = (np.diff(numbers[order]) == 0) & (np.diff(owners[order]) == 0)
    if is_tie.any():
        i = order[is_tie.argmax()]
        remedy = "Average or drop the duplicates"
        if names[owners[i]] is None:
            remedy += f", or identify the {noun} with a ({noun}, time) MultiIndex"
        raise ValueError(
            f"The time stamp {stamps[i]} occurs twice{in_series(names, owners[i], noun)}. "
            f"{remedy}."
        )
    i = int(np.argmax(is_same & (steps < 0)))
    raise ValueError(
        f"The time stamps are not sorted{in_series(names, owners[i], noun)}: "
        f"{stamps[i + 1]} follows {stamps[i]}. Sort the rows of X and y with sort_index()."
    )


def check_size(stamps):
    """Raise ValueError if integers are so large that their differences would overflow."""
    for value in (stamps.min(), stamps.max()) if len(stamps) else ():
        if not abs(int(value)) < MAX_INTEGER:
            raise ValueError(
                f"The time index contains the integer {value}, but absolute values must be "
                "below 2**62. Subtract the first time from all."
            )


def check_no_missing(stamps):
    """Raise ValueError if a stamp is missing."""
    if stamps.hasnans:
        raise ValueError("The time index has a missing stamp (NaT). Drop these rows.")


def infer_step(stamps, owners):
    """Return the step of the grid: an int or an offset."""
    if isinstance(stamps, pd.PeriodIndex):
        return stamps.freq
    is_same = np.diff(owners) == 0
    steps = np.diff(to_numbers(stamps))[is_same]
    if is_integer(stamps):
        return int(steps.min()) if len(steps) else 1
    if stamps.freq is not None:
        return stamps.freq
    if not len(steps):
        raise ValueError(
            f"The step of the series cannot be inferred from a single time stamp "
            f"({stamps[0]}). Give the index a frequency, for example with y.asfreq('D')."
        )
    offset = infer_offset(stamps, owners)
    if offset is not None:
        return offset
    day = np.timedelta64(1, "D") // np.timedelta64(1, stamps.unit)
    local_steps = np.diff(to_numbers(stamps.tz_localize(None)))[is_same]
    if not (local_steps % day).any():
        return pd.offsets.Day(int(local_steps.min() // day))
    step = pd.Timedelta(np.timedelta64(int(steps.min()), stamps.unit))
    return pd.tseries.frequencies.to_offset(step)


def infer_offset(stamps, owners):
    """Return the offset that pandas infers from the longest series, or None."""
    numbers, counts = np.unique(owners, return_counts=True)
    longest = stamps[owners == numbers[counts.argmax()]]
    if len(longest) < 3:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name = pd.infer_freq(longest)
        if name is None and longest.tz is None:  # there are gaps: use the most common one
            cuts = range(0, len(longest) - PIECE_LENGTH + 1, PIECE_LENGTH)
            found = (pd.infer_freq(longest[i : i + PIECE_LENGTH]) for i in cuts)
            names = Counter(name for name in found if name is not None)
            name = names.most_common(1)[0][0] if names else None
    return None if name is None else pd.tseries.frequencies.to_offset(name)


def to_numbers(stamps):
    """Return stamps as numbers that can be subtracted: integers, or floats of floats."""
    if hasattr(stamps, "asi8"):
        return stamps.asi8
    return stamps.to_numpy(dtype=np.float64 if stamps.dtype.kind == "f" else np.int64)


def is_integer(index):
    """Return whether stamps are integers."""
    return index.dtype.kind in "iu"


def in_series(names, number, noun="series"):
    """Return the phrase of a message that names a series; empty if it has no name."""
    name = names[number]
    return "" if name is None else f" in {noun} {quote(name)}"

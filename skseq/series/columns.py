"""Read the columns of tables: numbers, and codes of categories."""

import numpy as np
import pandas as pd

from skseq.magnitudes import find_too_large, raise_too_large
from skseq.quoting import quote
from skseq.saved import is_category, is_names
from skseq.sequences import encode_column, is_categorical, is_frame

# Code of a category that did not occur in fit. Missing values are NaN.
UNKNOWN_CODE = -1.0


def take_column(X, name, position):
    """Return a column of a DataFrame of pandas or polars as a Series of pandas."""
    if hasattr(X, "iloc"):
        return X[name] if name in X.columns else X.iloc[:, position]
    column = X[name] if name in X.columns else X[:, position]
    return pd.Series(column.to_numpy())


def set_time_index(X):
    """Return a DataFrame of polars with the times of its rows as one of pandas.

    The times are its only column of dates. Everything else is returned as it is.
    """
    if not is_frame(X) or hasattr(X, "iloc"):
        return X
    times = [name for name in X.columns if X[name].to_numpy().dtype.kind == "M"]
    if len(times) != 1:
        return X
    index = pd.DatetimeIndex(X[times[0]].to_numpy(), name=times[0])
    zone = getattr(X.schema[times[0]], "time_zone", None)
    if zone is not None:
        index = index.tz_localize("UTC").tz_convert(zone)
    columns = {
        name: pd.Series(X[name].to_numpy()).set_axis(index)
        for name in X.columns
        if name != times[0]
    }
    return pd.DataFrame(columns, index=index)


def learn_categories(column, name):
    """Return the distinct categories of a column, or None if it has numbers.

    Columns of text and of dtype `category` have categories.
    """
    if not is_categorical(column):
        return None
    codes, known = _encode(column, name)
    return [known[code] for code in np.unique(codes[codes >= 0])]


def read_column(column, name, categories):
    """Return a column of a table as float64.

    `categories` are those that `learn_categories` returned in fit, or None. Categories are
    returned as their positions, and those that are not among them as `UNKNOWN_CODE`.
    """
    if not is_categorical(column):
        numbers = _read_numbers(column, name)
        if categories is None:
            return numbers
        return _find_codes(*_factorize(numbers, name, categories), categories)
    if categories is None:
        raise ValueError(
            f"Column {name!r} of X is categorical, but it was numeric in fit. Convert it to "
            "numbers; or, if it has categories, fit on text or on a column of dtype "
            "'category'."
        )
    codes, known = _encode(column, name)
    if known and categories and isinstance(known[0], str) != isinstance(categories[0], str):
        kinds = [
            "text" if isinstance(c, str) else "numbers" for c in (known[0], categories[0])
        ]
        raise ValueError(
            f"Column {name!r} of X has {kinds[0]} such as {quote(known[0])}, but fit had "
            f"{kinds[1]} such as {quote(categories[0])}. Pass values of the same type."
        )
    return _find_codes(codes, known, categories)


def _encode(column, name):
    """Return the codes and the categories of a column; raise ValueError for other types."""
    codes, known = encode_column(column, f"Column {name!r} of X", "drop the column")
    wrong = next((category for category in known if not is_category(category)), None)
    if wrong is not None:
        raise ValueError(
            f"Column {name!r} of X has the category {quote(wrong)} of type "
            f"{type(wrong).__name__}. Categories are text or numbers: convert them with "
            "astype(str)."
        )
    return codes, list(known)


def _factorize(numbers, name, categories):
    """Return the codes and the distinct values of numbers that are categories.

    They are, if the categories in fit were integers: tables lose the dtype `category` when
    they are joined. All values may be missing.
    """
    is_coded = all(type(category) is int for category in categories)
    if not (is_coded or np.isnan(numbers).all()):
        raise ValueError(
            f"Column {name!r} of X is numeric, but it was categorical in fit. Pass the "
            "categories as in fit: as text or as a column of dtype 'category'."
        )
    codes, known = pd.factorize(numbers)
    return codes, known.tolist()


def _find_codes(codes, known, categories):
    """Return the positions in `categories` of codes of `known` categories, as float64."""
    positions = {category: float(i) for i, category in enumerate(categories)}
    table = [positions.get(category, UNKNOWN_CODE) for category in known]
    return np.array([*table, np.nan])[codes]  # the code of a missing value is -1


def quote_code(value, categories):
    """Return a number, or the category of a code, for messages."""
    if categories is None or np.isnan(value):
        return f"{value:g}"
    if value == UNKNOWN_CODE:
        return "a category that did not occur in fit"
    return quote(categories[int(value)])


def are_codes(values, categories):
    """Return whether values from a file are missing or codes of categories."""
    codes = values[~np.isnan(values)]
    is_code = (codes >= UNKNOWN_CODE) & (codes < len(categories))
    return bool((is_code & (codes == np.round(codes))).all())


def are_categories(value):
    """Return whether a value from a file is a list of distinct categories."""
    valid = type(value) is list and all(map(is_category, value)) and is_names(value)
    return valid and len(set(value)) == len(value)


def _read_numbers(column, name):
    """Return a column of numbers as float64."""
    if column.dtype.kind in "mM":  # numpy would convert times to nanoseconds
        raise ValueError(
            f"Column {name!r} of X contains {quote(column.iloc[0])}, which is a time, not "
            "a number. If it is the time of each row, make it the index of X and y with "
            f"set_index({name!r}) or, for several series, set_index([series, {name!r}]). A "
            "DataFrame of polars may have one column of times."
        )
    try:
        if column.dtype.kind == "c":
            raise TypeError
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except OverflowError:
        row = find_too_large(column.to_numpy(dtype=object))[0]
        raise_too_large("X", f"column {name!r} at {quote(column.index[row])}")
    except (TypeError, ValueError):
        raise ValueError(
            f"Column {name!r} of X contains {quote(_first_non_number(column))}, which is "
            f"not a number. If it identifies the series of each row, set series={name!r}; "
            "otherwise encode it, for example with a OneHotEncoder in a ColumnTransformer "
            "with set_output(transform='pandas')."
        ) from None


def _first_non_number(column):
    for value in column:
        try:
            float(np.nan if value is pd.NA or value is None else value)
        except (TypeError, ValueError):
            return value
    return column.iloc[0]

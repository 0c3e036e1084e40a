"""Warnings of categorical features whose categories are numbers or dates stored as text."""

import re

from skseq.exceptions import DateTextWarning, NumericTextWarning, warn
from skseq.quoting import quote

# A number with a decimal point or comma. Integers may be codes, such as postal codes.
DECIMAL_NUMBER = re.compile(r"\s*[-+]?(\d+[.,]\d*|[.,]\d+)([eE][-+]?\d+)?\s*")
POINT_REMEDY = "If they are measurements, convert them: pandas.to_numeric(..., "
COMMA_REMEDY = (
    "If they are measurements with a decimal comma, read them with "
    'pandas.read_csv(..., decimal=","), or convert them: '
    'pandas.to_numeric(column.str.replace(",", "."), '
)
# A date such as 2024-01-31, 2024/1/31, 31.1.2024, 1/31/24 or 31 Jan 2024, which a time of
# day may follow. Years of two digits need slashes, unlike those of versions such as 3.8.10.
DAY, MONTH, YEAR = r"(0?[1-9]|[12]\d|3[01])", r"(0?[1-9]|1[0-2])", r"(19|20)\d\d"
NAME = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
DATE = re.compile(
    rf"\s*({YEAR}(?P<a>[-/.]){MONTH}(?P=a){DAY}|{DAY}(?P<b>[-/.]){MONTH}(?P=b){YEAR}|"
    rf"{MONTH}/{DAY}/({YEAR}|\d\d)|{DAY}/{MONTH}/\d\d|{DAY}[ -]{NAME}[ -]{YEAR})"
    r"(,?[T ]+\d{1,2}:\d\d.*|Z)?\s*",
    re.ASCII | re.IGNORECASE,
)


def warn_of_text_values(categories, name):
    """Warn if most categories of a feature are decimal numbers or dates stored as text.

    Parameters
    ----------
    categories : list
        The categories of the feature.
    name : str
        Name of the feature, for the message.
    """
    texts = [category for category in categories if isinstance(category, str)]
    if _holds_most(DECIMAL_NUMBER, texts, categories):
        _warn_of_numbers(texts, name)
    elif _holds_most(DATE, texts, categories):
        example = next(text for text in texts if DATE.fullmatch(text))
        warn(
            f"{name} has text, but most of its categories are dates such as "
            f"{quote(example)}. Each gets an embedding of its own, so their order is lost. "
            "If they are the times of the rows, convert them with pandas.to_datetime and make "
            "them the index, or pass time= to Sequences.from_frame. Otherwise replace them by "
            "numbers, such as days since the start, or drop the column.",
            DateTextWarning,
        )


def _holds_most(pattern, texts, categories):
    return 2 * sum(map(bool, map(pattern.fullmatch, texts))) > len(categories)


def _warn_of_numbers(texts, name):
    numbers = [text for text in texts if DECIMAL_NUMBER.fullmatch(text)]
    others = [text for text in texts if not DECIMAL_NUMBER.fullmatch(text)]
    also = f", and others such as {quote(others[0])}" if others else ""
    with_comma = [text for text in numbers if "," in text]
    remedy = COMMA_REMEDY if with_comma else POINT_REMEDY
    warn(
        f"{name} has text, but most of its categories are numbers such as "
        f"{quote((with_comma or numbers)[0])}{also}. Each gets an embedding of its own, so "
        f'their size is lost. {remedy}errors="coerce") replaces other texts by NaN, and '
        'missing="mask" supports NaN.',
        NumericTextWarning,
    )

"""Warnings and errors of skseq, and the function that issues its warnings."""

import sys
import warnings

# Warnings point at the innermost line outside of these packages.
LIBRARIES = {"skseq", "sklearn", "joblib", "skorch"}
LIBRARIES |= {"contextlib", "copy", "functools", "pickle"}


class SkseqWarning(UserWarning):
    """Base class of the warnings of skseq."""


class ChannelsFirstWarning(SkseqWarning):
    """X has far more features than steps, or features like steps: axes may be swapped."""


class ColumnsAsStepsWarning(SkseqWarning):
    """The columns of a table are read as steps, but their names look like features."""


class PaddingWarning(SkseqWarning):
    """`missing="mask"`, and sequences of equal length look padded with NaN at their end."""


class PaddedStatesWarning(SkseqWarning):
    """The states of a custom network depend on padding, so predictions depend on it, too."""


class CharactersWarning(SkseqWarning):
    """All tokens of lists of tokens are single characters: they may be split strings."""


class InterruptedFitWarning(SkseqWarning):
    """Training was interrupted from the keyboard; the best weights so far are kept."""


class UnscaledInputWarning(SkseqWarning):
    """`scale=False`, and the inputs are far from unit scale."""


class NumericTextWarning(SkseqWarning):
    """Most categories of a feature are decimal numbers that are stored as text."""


class DateTextWarning(SkseqWarning):
    """Most categories of a feature are dates that are stored as text."""


class TargetInFeaturesWarning(SkseqWarning):
    """A feature of X has the same values as y, so X seems to contain the target."""


class UnknownCategoriesWarning(SkseqWarning):
    """No category of a feature of X was seen in fit."""


class SingleClassWarning(SkseqWarning):
    """All targets that `partial_fit` got have the same class: they may be sorted by class."""


class LostIndexWarning(SkseqWarning):
    """X has no index of times or sequences, so its rows are read by position or as one series."""


class LongerSequencesWarning(SkseqWarning):
    """All sequences in fit had the same length, and one of X is more than twice as long."""


class IndexOrderWarning(SkseqWarning):
    """Targets, weights or groups have the index of X in another order."""


class ShortSeriesWarning(SkseqWarning):
    """Some series of a panel are shorter than a season."""


class TornSequencesWarning(SkseqWarning):
    """Times are missing between the rows of a sequence, so it is read in pieces."""


class UndefinedMetricWarning(SkseqWarning):
    """A metric is not defined: for some series or cutoffs, or without outliers."""


class DeviceUnavailableWarning(SkseqWarning):
    """The device of a fitted model is not available, and another one is used."""


class DivergenceError(ArithmeticError):
    """The training loss became infinite or NaN."""


class FileFormatError(ValueError):
    """A file is damaged, not written by skseq, or written by a newer version."""


def warn(message, category):
    """Issue a warning that points at the line of the user.

    The line is the innermost one outside skseq and the libraries that call it, such as
    a Pipeline or a search of scikit-learn.

    Parameters
    ----------
    message : str
        The message.
    category : type
        A subclass of `SkseqWarning`.
    """
    frame, stacklevel = sys._getframe(1), 2
    while frame.f_back is not None and _is_library(frame):
        frame, stacklevel = frame.f_back, stacklevel + 1
    warnings.warn(message, category, stacklevel=stacklevel)


def _is_library(frame):
    return frame.f_globals.get("__name__", "").split(".")[0] in LIBRARIES

"""Warnings and errors of skseq, and the function that issues its warnings."""

import sys
import warnings

# Frames of these packages stand between the line of the user and a warning.
LIBRARIES = {"skseq", "sklearn", "joblib", "skorch"}
LIBRARIES |= {"contextlib", "copy", "functools", "pickle"}


class SkseqWarning(UserWarning):
    """Base of every warning that skseq issues itself."""


class ChannelsFirstWarning(SkseqWarning):
    """X has far more features than time steps: its axes may be swapped."""


class InterruptedFitWarning(SkseqWarning):
    """Training was interrupted from the keyboard; the best weights so far are kept."""


class UnscaledInputWarning(SkseqWarning):
    """Inputs are far from unit scale while scaling is switched off."""


class LostIndexWarning(SkseqWarning):
    """X lost its time index on the way: its rows go by position."""


class ShortSeriesWarning(SkseqWarning):
    """Some series of a panel are shorter than a season."""


class DeviceUnavailableWarning(SkseqWarning):
    """The device that a model was fitted on is absent; another one is used."""


class DivergenceError(ArithmeticError):
    """The training loss became infinite or NaN."""


class FileFormatError(ValueError):
    """A file is damaged, was not written by skseq, or by a newer one."""


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

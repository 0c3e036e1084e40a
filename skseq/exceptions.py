"""Warnings and errors that skseq raises under its own names."""


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

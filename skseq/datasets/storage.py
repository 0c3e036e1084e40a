"""The files of the data sets, wherever the package is installed."""

from importlib.resources import files


def open_data(name):
    """Open a file of the folder `data` to read bytes."""
    return (files("skseq.datasets") / "data" / name).open("rb")


def read_description(name):
    """Return the text that describes a data set to its user."""
    return (files("skseq.datasets") / "data" / f"{name}.rst").read_text(encoding="utf-8")

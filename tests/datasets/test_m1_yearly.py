"""M1 yearly: 181 series that end together."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skseq.datasets import load_m1_yearly


def test_series_end_together_and_have_every_step_once():
    y = load_m1_yearly().y
    assert y.index.names == ["series", "time"]
    assert y.index.is_unique
    assert y.index.is_monotonic_increasing  # so that y.loc[:, 53:] works
    names = [f"T{number:03d}" for number in range(1, 182)]
    assert y.index.unique("series").tolist() == names
    lengths = []
    for _, series in y.groupby("series"):
        time = series.index.get_level_values("time")
        assert time.tolist() == list(range(59 - len(series), 59))
        lengths.append(len(series))
    assert (len(y), min(lengths), max(lengths)) == (4515, 15, 58)


def test_figures():
    y = load_m1_yearly().y
    assert y.dtype == np.float64
    assert np.isfinite(y).all()
    assert y.loc["T001"].iloc[[0, -1]].tolist() == [3600, 1425090]
    assert (y.min(), y.max()) == (0.1, 47180900)
    assert y.sum() == pytest.approx(2675823972, abs=1)
    assert f"{y.min()} to {y.max():,.0f}" in load_m1_yearly.__doc__


def test_error_of_the_naive_forecast_is_as_documented():
    m1 = load_m1_yearly()
    scaled_errors = []
    for _, series in m1.y.groupby("series"):
        known, asked = series.to_numpy()[: -m1.horizon], series.to_numpy()[-m1.horizon :]
        error = np.abs(asked - known[-1]).mean()
        scaled_errors.append(error / np.abs(np.diff(known)).mean())
    error = f"{np.mean(scaled_errors):.2f}"
    assert f"on average {error} times" in load_m1_yearly.__doc__
    assert f"scaled error of {error}" in m1.DESCR


def read_file_of_aeon():
    """Return for each series its first year and values, as they stand in the file."""
    aeon = pytest.importorskip("aeon")
    folder = Path(aeon.__file__).parent / "datasets" / "data" / "m1_yearly_dataset"
    text = (folder / "m1_yearly_dataset.tsf").read_text(encoding="latin-1")
    rows = [line.split(":") for line in text.split("@data\n")[1].splitlines()]
    return [
        (int(start[:4]), [float(value) for value in values.split(",")])
        for _, start, values in rows
    ]


def test_equals_the_file_of_aeon():
    y = load_m1_yearly().y
    expected = [value for _, values in read_file_of_aeon() for value in values]
    assert y.tolist() == expected


def test_years_of_the_source_cannot_be_right():
    ends = pd.Series([start + len(values) - 1 for start, values in read_file_of_aeon()])
    assert f"{(ends > 1981).sum()} of the 181" in load_m1_yearly.__doc__
    assert f"one of them in {ends.max()}" in load_m1_yearly().DESCR

"""load_m1_yearly returns 181 series that end at the same step."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skseq.datasets import load_m1_yearly


def test_every_series_has_all_steps_up_to_the_common_end():
    y = load_m1_yearly().y
    assert y.index.names == ["series", "time"]
    assert y.index.is_unique
    assert y.index.is_monotonic_increasing  # required by y.loc[:, 53:]
    names = [f"T{number:03d}" for number in range(1, 182)]
    assert y.index.unique("series").tolist() == names
    lengths = []
    for _, series in y.groupby("series"):
        time = series.index.get_level_values("time")
        assert time.tolist() == list(range(59 - len(series), 59))
        lengths.append(len(series))
    assert (len(y), min(lengths), max(lengths)) == (4515, 15, 58)


def test_values():
    y = load_m1_yearly().y
    assert y.dtype == np.float64
    assert np.isfinite(y).all()
    assert y.loc["T001"].iloc[[0, -1]].tolist() == [3600, 1425090]
    assert (y.min(), y.max()) == (0.1, 47180900)
    assert y.sum() == pytest.approx(2675823972, abs=1)
    assert f"{y.min()} to {y.max():,.0f}" in load_m1_yearly.__doc__


def test_documented_error_of_the_naive_forecast():
    m1 = load_m1_yearly()
    scaled_errors = []
    for _, series in m1.y.groupby("series"):
        known, future = series.to_numpy()[: -m1.horizon], series.to_numpy()[-m1.horizon :]
        error = np.abs(future - known[-1]).mean()
        scaled_errors.append(error / np.abs(np.diff(known)).mean())
    error = f"{np.mean(scaled_errors):.2f}"
    assert f"average {error} times" in load_m1_yearly.__doc__
    assert f"scaled error of {error}" in " ".join(m1.DESCR.split())


def read_aeon_file():
    """Return the first year and the values of each series in the source file."""
    aeon = pytest.importorskip("aeon")
    folder = Path(aeon.__file__).parent / "datasets" / "data" / "m1_yearly_dataset"
    text = (folder / "m1_yearly_dataset.tsf").read_text(encoding="latin-1")
    rows = [line.split(":") for line in text.split("@data\n")[1].splitlines()]
    return [
        (int(start[:4]), [float(value) for value in values.split(",")])
        for _, start, values in rows
    ]


def test_values_match_aeon():
    y = load_m1_yearly().y
    expected = [value for _, values in read_aeon_file() for value in values]
    assert y.tolist() == expected


def test_source_has_impossible_years():
    ends = pd.Series([start + len(values) - 1 for start, values in read_aeon_file()])
    assert f"{(ends > 1981).sum()} of the 181" in load_m1_yearly.__doc__
    assert f"one of them in {ends.max()}" in load_m1_yearly().DESCR

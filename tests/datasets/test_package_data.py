"""LICENSES.md documents every data file."""

from importlib.resources import files

import pytest

DATA = files("skseq.datasets") / "data"
DATA_FILES = sorted(
    entry.name for entry in DATA.iterdir() if not entry.name.endswith((".md", ".rst"))
)


def test_data_files_exist():
    assert DATA_FILES == [
        "airline.csv",
        "co2.csv",
        "japanese_vowels.npz",
        "m1_yearly.csv",
        "nyc_departures.npz",
        "seattle_weather.csv",
        "sunspots.csv",
    ]


@pytest.mark.parametrize("name", DATA_FILES)
def test_source_and_license_of_each_file(name):
    sections = (DATA / "LICENSES.md").read_text(encoding="utf-8").split("\n## ")
    (section,) = [text for text in sections if f"`{name}`" in text.splitlines()[0]]
    for word in ("Author", "Source", "License", "Changed"):
        assert f"\n- {word}" in section

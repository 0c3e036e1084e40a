"""The folder of data files: each one is accounted for in LICENSES.md."""

from importlib.resources import files

import pytest

DATA = files("skseq.datasets") / "data"
DATA_FILES = sorted(
    entry.name for entry in DATA.iterdir() if not entry.name.endswith((".md", ".rst"))
)


def test_the_data_files_are_there():
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
def test_source_and_licence_of_each_file_are_named(name):
    sections = (DATA / "LICENSES.md").read_text(encoding="utf-8").split("\n## ")
    (section,) = [text for text in sections if f"`{name}`" in text.splitlines()[0]]
    for word in ("Author", "Source", "Licence", "Changed"):
        assert f"\n- {word}" in section

"""import_extra names the missing extra, and does not hide other import errors."""

import sys
import warnings

import pytest

from skseq.extras import import_extra


def test_missing_library_is_named_with_its_extra():
    with pytest.raises(
        ImportError, match=r"to_x needs no_such_library: pip install 'skseq\[onnx\]'"
    ):
        import_extra("no_such_library.part", "onnx", "to_x")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import no_such_dependency", "No module named 'no_such_dependency'"),
        ("from math import no_such_name", "cannot import name 'no_such_name'"),
        ("", "No module named 'a_library.part'"),
    ],
    ids=["dependency", "name", "part"],
)
def test_errors_of_an_installed_library_are_not_changed(
    code, message, tmp_path, monkeypatch
):
    (tmp_path / "a_library").mkdir()
    (tmp_path / "a_library" / "__init__.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "a_library", None)
    del sys.modules["a_library"]  # monkeypatch restores sys.modules afterwards
    with pytest.raises(ImportError, match=message):
        import_extra("a_library.part", "onnx", "to_x")


def test_warnings_of_the_import_are_not_shown(tmp_path, monkeypatch):
    code = "import warnings\nwarnings.warn('no progress bars')\n"
    (tmp_path / "a_loud_library.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "a_loud_library", None)
    del sys.modules["a_loud_library"]  # monkeypatch restores sys.modules afterwards
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert import_extra("a_loud_library", "onnx", "to_x").__name__ == "a_loud_library"
    assert not caught

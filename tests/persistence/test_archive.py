"""Files are written whole or not at all; what is damaged is refused."""

import gzip
import json
import os
import pickle
import zlib

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from skseq.exceptions import FileFormatError
from skseq.persistence import read_archive, write_archive
from skseq.persistence.archive import _digest_file

CONTENT = {"numbers": np.arange(100.0), "text": "abc"}


@pytest.fixture
def path(tmp_path):
    """Return the path of a file of skseq."""
    path = tmp_path / "a file.safetensors"
    write_archive(path, "thing", CONTENT)
    return path


def rewrite(path, **changes):
    """Write a file again, with another header."""
    with safe_open(path, "np") as file:
        header = file.metadata()
    header.update(changes)
    header = {name: text for name, text in header.items() if text is not None}
    arrays = load_file(path)
    save_file(arrays, path, {**header, "sha256": _digest_file(header, arrays)})


def test_others_can_read_it(path):
    with safe_open(path, "np") as file:
        assert json.loads(file.metadata()["content"])
        (name,) = file.keys()
        np.testing.assert_array_equal(file.get_tensor(name), CONTENT["numbers"])


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.99])
def test_a_truncated_file_is_refused(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(FileFormatError, match=r"a file\.safetensors.* damaged"):
        read_archive(path, "thing")


def test_any_changed_byte_is_noticed(path):
    data = path.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    for place in [*range(header), *range(header, len(data), 13)]:
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(FileFormatError, match="file"):
            read_archive(path, "thing")


def test_other_files_are_refused(path):
    path.write_text("hello")
    with pytest.raises(FileFormatError, match="damaged, or was not written by skseq"):
        read_archive(path, "thing")
    path.write_bytes(pickle.dumps(print))
    with pytest.raises(FileFormatError, match="damaged, or was not written by skseq"):
        read_archive(path, "thing")
    save_file(CONTENT | {"text": np.zeros(1)}, path)
    with pytest.raises(FileFormatError, match="was not written by skseq: it lacks"):
        read_archive(path, "thing")


def test_files_of_a_newer_version_are_refused(path):
    rewrite(path, format="2")
    with pytest.raises(FileFormatError, match=r"format 2; .* up to 1\): upgrade skseq"):
        read_archive(path, "thing")


def test_files_of_another_kind_are_refused(path):
    with pytest.raises(FileFormatError, match="holds a thing, not a model of skseq"):
        read_archive(path, "model")


@pytest.mark.parametrize(
    "content", ["", "[", "[" * 100_000, '{"module": "os"}', '{"a": 1, "b": 2}', None]
)
def test_nonsense_is_refused(path, content):
    rewrite(path, content=content)
    with pytest.raises(FileFormatError, match="is damaged"):
        read_archive(path, "thing")


def test_an_absent_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        read_archive(tmp_path / "nothing", "thing")


def test_an_absent_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="is no folder: make it before"):
        write_archive(tmp_path / "a" / "file", "thing", CONTENT)


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    before = path.read_bytes()

    def fail(file):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk is full"):
        write_archive(path, "thing", {"other": 1})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


FOREIGN = {
    "a pickle: pickle.load or joblib.load": pickle.dumps({"a": 1}, protocol=4),
    "a pickle: pickle": pickle.dumps({"a": 1}, protocol=2),
    "compressed, as joblib does it: joblib.load": zlib.compress(b"a" * 99, 3),
    "compressed, as joblib": gzip.compress(b"a" * 99),
    "a zip archive: torch.load": b"PK\x03\x04\x00\x00",
    "an array of numpy: numpy.load": b"\x93NUMPY\x01\x00",
    "an ONNX model: onnxruntime.InferenceSession": b"\x08\x08\x12\x07pytorch\x1a\x05",
    "text: it begins with 'week,sales": "week,sales\n1,2 \u20ac\n".encode() * 40,
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_another_file_seems_to_be(what, path):
    path.write_bytes(FOREIGN[what])
    with pytest.raises(FileFormatError, match=rf"a file\.saf.*not written .*\(it .*{what}"):
        read_archive(path, "thing")


def test_an_empty_file(path):
    path.write_bytes(b"")
    with pytest.raises(FileFormatError, match=r"a file\.saf.* \(it is empty\)"):
        read_archive(path, "thing")


def test_too_much_text_is_named(path, monkeypatch):
    """safetensors itself takes a header of 100 MB."""
    before = path.read_bytes()
    monkeypatch.setattr("skseq.persistence.archive.LARGEST_HEADER", 50_000)
    content = {"few": ["a"], "many": {"ids": ['"'] * 9000, "rest": (1, 2)}}
    with pytest.raises(
        ValueError, match=r"saf.* hold 0 MB of text, most of it in many\.id"
    ):
        write_archive(path, "thing", content)
    assert path.read_bytes() == before
    monkeypatch.undo()
    write_archive(path, "thing", content)
    assert read_archive(path, "thing") == content


# Names of files


def test_home_and_bytes(path, monkeypatch):
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.setenv("USERPROFILE", str(path.parent))
    write_archive("~/b", "thing", CONTENT)
    assert (path.parent / "b").exists()
    for name in ("~/b", os.fsencode(path)):
        assert read_archive(name, "thing")["text"] == "abc"
    write_archive(os.fsencode(path), "thing", {"other": 1})
    assert read_archive(path, "thing") == {"other": 1}


@pytest.mark.parametrize(
    "use",
    [lambda p: write_archive(p, "thing", CONTENT), lambda p: read_archive(p, "thing")],
)
def test_what_is_no_name_of_a_file(use, tmp_path):
    with pytest.raises(
        IsADirectoryError, match=f"{tmp_path.name} is a folder; give the nam"
    ):
        use(tmp_path)
    with pytest.raises(ValueError, match="path='' is empty; give the name of a file"):
        use("")
    with pytest.raises(TypeError, match="must be the name of a file, .*, got None"):
        use(None)
    assert not list(tmp_path.iterdir())

"""Files are written completely or not at all; damaged and foreign files are rejected."""

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
    """Change entries of the header of a file; None removes an entry."""
    with safe_open(path, "np") as file:
        header = file.metadata()
    header.update(changes)
    header = {name: text for name, text in header.items() if text is not None}
    arrays = load_file(path)
    save_file(arrays, path, {**header, "sha256": _digest_file(header, arrays)})


def test_safetensors_can_read_the_file(path):
    with safe_open(path, "np") as file:
        assert json.loads(file.metadata()["content"])
        (name,) = file.keys()
        np.testing.assert_array_equal(file.get_tensor(name), CONTENT["numbers"])


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.99])
def test_truncated_file_raises(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(FileFormatError, match=r"a file\.safetensors.* damaged"):
        read_archive(path, "thing")


def test_any_changed_byte_raises(path):
    data = path.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    for place in [*range(header), *range(header, len(data), 13)]:
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(FileFormatError, match="file"):
            read_archive(path, "thing")


def test_safetensors_file_of_others_raises(path):
    save_file({"numbers": np.zeros(1)}, path)
    with pytest.raises(FileFormatError, match="was not written by skseq: .* lacks"):
        read_archive(path, "thing")


def test_file_of_a_newer_version_raises(path):
    rewrite(path, format="2")
    with pytest.raises(FileFormatError, match=r"format 2; .* up to 1\): upgrade skseq"):
        read_archive(path, "thing")


def test_file_of_another_kind_raises(path):
    with pytest.raises(FileFormatError, match="is of another kind, not 'model'"):
        read_archive(path, "model")
    write_archive(path, "training", CONTENT)
    with pytest.raises(FileFormatError, match="'training', not 'model'. It is a check"):
        read_archive(path, "model")


@pytest.mark.parametrize(
    "content", ["", "[", "[" * 100_000, '{"module": "os"}', '{"a": 1, "b": 2}', None]
)
def test_invalid_json_raises(path, content):
    rewrite(path, content=content)
    with pytest.raises(FileFormatError, match="is damaged"):
        read_archive(path, "thing")


def test_missing_file_and_folder_raise(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        read_archive(tmp_path / "nothing", "thing")
    with pytest.raises(FileNotFoundError, match="is not a folder: create it before"):
        write_archive(tmp_path / "a" / "file", "thing", CONTENT)


def test_failed_write_keeps_the_old_file(path, monkeypatch):
    before = path.read_bytes()

    def fail(file):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk is full"):
        write_archive(path, "thing", {"other": 1})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


SECRET = "password"
FOREIGN = {
    "a pickle: read it with pickle.load": pickle.dumps(SECRET, protocol=4),
    "a pickle: ": pickle.dumps(SECRET, protocol=2),
    "compressed: joblib.load": zlib.compress(b"a" * 99, 3),
    "compressed": gzip.compress(b"a" * 99),
    "a zip archive: torch.load": b"PK\x03\x04\x00\x00",
    "an array of numpy: read it with numpy.load": b"\x93NUMPY\x01\x00",
    "an ONNX model: read it with onnxrun": b"\x08\x08\x12\x07pytorch\x1a\x05",
    "a text file": f"{SECRET},sales\n1,2 \u20ac\n".encode() * 40,
    "empty": b"",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_foreign_file_is_recognized(what, path):
    path.write_bytes(FOREIGN[what])
    with pytest.raises(FileFormatError, match=rf"a file\.saf.*not written .*\(it .*{what}"):
        read_archive(path, "thing")


HEADER = json.dumps({"__metadata__": {}, SECRET: {"dtype": SECRET, "shape": []}}).encode()


@pytest.mark.parametrize(
    "data",
    [*FOREIGN.values(), len(HEADER).to_bytes(8, "little") + HEADER],
    ids=[*FOREIGN, "a header"],
)
def test_errors_do_not_quote_foreign_files(data, path):
    path.write_bytes(data)
    with pytest.raises(FileFormatError) as error:
        read_archive(path, "thing")
    assert SECRET not in str(error.value)
    assert error.value.__cause__ is None
    save_file({SECRET: np.zeros(1)}, path, {"format": "1", "skseq": SECRET})
    with pytest.raises(FileFormatError) as error:
        read_archive(path, "thing")
    assert SECRET not in str(error.value)


def test_text_larger_than_the_header_raises(path, monkeypatch):
    """safetensors itself reads a header of up to 100 MB."""
    before = path.read_bytes()
    monkeypatch.setattr("skseq.persistence.archive.MAX_HEADER_BYTES", 50_000)
    content = {"few": ["a"], "many": {"ids": ['"'] * 9000, "rest": (1, 2)}}
    with pytest.raises(
        ValueError, match=r"saf.* have 0 MB of text, most of it in many\.id"
    ):
        write_archive(path, "thing", content)
    assert path.read_bytes() == before
    monkeypatch.undo()
    write_archive(path, "thing", content)
    assert read_archive(path, "thing") == content


# Paths


def test_path_may_be_bytes_or_start_at_home(path, monkeypatch):
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
def test_invalid_path_raises(use, tmp_path):
    with pytest.raises(
        IsADirectoryError, match=f"{tmp_path.name} is a folder; give the path of a file"
    ):
        use(tmp_path)
    with pytest.raises(ValueError, match="path='' is empty; give the path of a file"):
        use("")
    with pytest.raises(ValueError, match="contains a null character; remove it"):
        use("model\0.safetensors")
    with pytest.raises(TypeError, match="must be the path of a file, .*, got None"):
        use(None)
    assert not list(tmp_path.iterdir())

"""One file: safetensors, with JSON in its header."""

import hashlib
import json
import os
import uuid
from pathlib import Path

import numpy as np
import safetensors
from safetensors.numpy import save

from skseq.exceptions import FileFormatError
from skseq.persistence.values import Decoder, Encoder

# Rises when files of before can no longer be read as they are.
FORMAT = 1


def write_archive(path, kind, content, codecs=()):
    """Write a value to a file, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        The file. One that is there is replaced.
    kind : str
        What the file is.
    content : object
        A value of the types that codecs know, nested as it likes.
    codecs : iterable of Codec
        Types beside the plain ones.

    Raises
    ------
    NotPlainError
        If some of the content is of no known type.
    """
    text, arrays = _encode(content, codecs)
    header = {"format": str(FORMAT), "skseq": kind, "content": text}
    header["sha256"] = _digest_file(header, arrays)
    replace_file(path, save(arrays, metadata=header))


def read_archive(path, kind, codecs=()):
    """Return what :func:`write_archive` wrote.

    Parameters
    ----------
    path : str or path-like
        The file.
    kind : str
        What the file should be.
    codecs : iterable of Codec
        Types beside the plain ones.

    Raises
    ------
    FileFormatError
        If the file is damaged, of another kind or from a newer version.
    """
    with open(path, "rb"):  # absent, a folder, not allowed: as Python says it
        pass
    try:
        with safetensors.safe_open(path, framework="np") as file:
            header = file.metadata() or {}
            _check_header(path, kind, header)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileFormatError:
        raise
    except Exception as error:
        raise FileFormatError(
            f"{path} cannot be read: it is damaged, or was not written by skseq ({error})."
        ) from error
    if header.get("sha256") != _digest_file(header, arrays):
        raise FileFormatError(
            f"{path} is damaged: its content is not what was written. Copy it once more."
        )
    try:
        return Decoder(arrays, codecs).decode(json.loads(header["content"]))
    except Exception as error:
        raise FileFormatError(f"{path} is damaged: {error}.") from error


def replace_file(path, data):
    """Write bytes to a file, whole or not at all: beside it first, then in its place."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{path.parent} is no folder: make it before writing {path}."
        )
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with open(beside, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def digest_content(content, codecs=()):
    """Return a number for a value, in hexadecimal: equal values have equal ones."""
    return _digest(*_encode(content, codecs))


def digest_blocks(blocks):
    """Return a number for arrays that follow each other, in hexadecimal."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(f"{block.dtype.str} {block.shape[1:]}".encode())
        digest.update(np.ascontiguousarray(block))
    return digest.hexdigest()


def _encode(content, codecs):
    encoder = Encoder(codecs)
    text = json.dumps(encoder.encode(content), allow_nan=False)
    return text, encoder.arrays


def _check_header(path, kind, header):
    if "skseq" not in header or not header.get("format", "").isdigit():
        raise FileFormatError(
            f"{path} was not written by skseq: it lacks the header of its files."
        )
    if int(header["format"]) > FORMAT:
        raise FileFormatError(
            f"{path} was written by a newer skseq (format {header['format']}; this one "
            f"reads up to {FORMAT}): upgrade skseq."
        )
    if header["skseq"] != kind:
        raise FileFormatError(f"{path} holds a {header['skseq']}, not a {kind} of skseq.")


def _digest_file(header, arrays):
    parts = [header.get(name) for name in ("format", "skseq", "content")]
    return _digest(json.dumps(parts), arrays)


def _digest(text, arrays):
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()

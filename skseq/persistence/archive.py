"""One file: safetensors, with JSON in its header."""

import hashlib
import json
import os
import uuid

import numpy as np
import safetensors
from safetensors.numpy import save

from skseq.exceptions import FileFormatError
from skseq.persistence.foreign import N_BYTES, describe_foreign
from skseq.persistence.paths import find_path
from skseq.persistence.values import Decoder, Encoder, find_largest

# Rises when files of before can no longer be read as they are.
FORMAT = 1
# What safetensors reads as a header, and what the entry of an array takes of it.
LARGEST_HEADER, ENTRY = 100_000_000, 200
# More of an error is not shown: it may quote what a stranger wrote.
LONGEST_REASON = 300
# What files of other kinds are for.
USES = {
    "training": "It is what checkpoint left of a fit: the same fit, with the same checkpoint, "
    "goes on from it, and save then writes the estimator",
    "estimator": "Read it by skseq.load",
}


def write_archive(path, kind, content, codecs=()):
    """Write a value to a file, whole or not at all.

    Parameters
    ----------
    path : str, bytes or path-like
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
    ValueError
        If the content holds more text than the header of a file.
    """
    encoded, arrays = _encode(content, codecs)
    text = json.dumps(encoded, allow_nan=False)
    # Within the header quotes and backslashes are written as two characters.
    size = len(text) + text.count('"') + text.count("\\") + ENTRY * (len(arrays) + 1)
    if size > LARGEST_HEADER:
        raise ValueError(
            f"{path} cannot be written: beside arrays it would hold {size / 1e6:.0f} MB of "
            f"text, most of it in {'.'.join(find_largest(encoded))}, but the format takes "
            f"{LARGEST_HEADER / 1e6:.0f} MB. Use pickle or joblib."
        )
    header = {"format": str(FORMAT), "skseq": kind, "content": text}
    header["sha256"] = _digest_file(header, arrays)
    replace_file(path, save(arrays, metadata=header))


def read_archive(path, kind, codecs=()):
    """Return what :func:`write_archive` wrote.

    Parameters
    ----------
    path : str, bytes or path-like
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
    path = find_path(path)
    with open(path, "rb") as raw:  # absent, not allowed: as Python says it
        start = raw.read(N_BYTES)
    try:
        with safetensors.safe_open(path, framework="np") as file:
            header = file.metadata() or {}
            _check_header(path, kind, header)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileFormatError:
        raise
    except Exception as error:
        reason = describe_foreign(start) or error
        raise FileFormatError(
            f"{path} cannot be read: it is damaged, or was not written by skseq ({reason})."
        ) from error
    if header.get("sha256") != _digest_file(header, arrays):
        raise FileFormatError(
            f"{path} is damaged: its content is not what was written. Copy it once more."
        )
    try:
        text = header["content"]
        return Decoder(arrays, codecs, len(text)).decode(json.loads(text))
    except Exception as error:
        raise complain(path, error) from error


def complain(path, error):
    """Return the error that says why the content of a file cannot be used."""
    reason = str(error).rstrip(".") or type(error).__name__
    if isinstance(error, KeyError):
        reason = f"it lacks {reason}"
    if len(reason) > LONGEST_REASON:
        reason = f"{reason[:LONGEST_REASON]} ..."
    return FileFormatError(f"{path} is damaged: {reason}.")


def replace_file(path, data):
    """Write bytes to a file, whole or not at all: beside it first, then in its place."""
    path = find_path(path)
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
    encoded, arrays = _encode(content, codecs)
    return _digest(json.dumps(encoded, allow_nan=False), arrays)


def digest_blocks(blocks):
    """Return a number for arrays that follow each other, in hexadecimal."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(f"{block.dtype.str} {block.shape[1:]}".encode())
        digest.update(np.ascontiguousarray(block))
    return digest.hexdigest()


def _encode(content, codecs):
    encoder = Encoder(codecs)
    return encoder.encode(content), encoder.arrays


def _check_header(path, kind, header):
    if "skseq" not in header or not header.get("format", "").isdigit():
        raise FileFormatError(
            f"{path} was not written by skseq: it lacks the header of its files. What else "
            "is in the safetensors format is read by safetensors.numpy.load_file."
        )
    if int(header["format"]) > FORMAT:
        raise FileFormatError(
            f"{path} was written by a newer skseq (format {header['format']}; this one "
            f"reads up to {FORMAT}): upgrade skseq."
        )
    if header["skseq"] != kind:
        what, wanted = (_add_article(name) for name in (header["skseq"], kind))
        use = f" {USES[header['skseq']]}." if header["skseq"] in USES else ""
        raise FileFormatError(f"{path} holds {what}, not {wanted} of skseq.{use}")


def _add_article(name):
    # Cut: a stranger may have written any name.
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name[:40]}"


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

"""Files in the safetensors format, with JSON in their header."""

import contextlib
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
from skseq.persistence.values import decode, encode, find_largest

# Increased when older files can no longer be read.
FORMAT = 1
# Maximum size of the header in safetensors, and approximate size of the entry of an array.
MAX_HEADER_BYTES, ARRAY_ENTRY_BYTES = 100_000_000, 200
# Maximum length of the reason in an error message.
MAX_REASON_LENGTH = 300
# The kinds of files, and what to do with a file of each.
KINDS = {
    "training": "It is a checkpoint: the same fit with the same checkpoint parameter "
    "resumes from it, and save then writes the estimator",
    "estimator": "Read it with skseq.load",
}


def write_archive(path, kind, content):
    """Write a value to a file of a kind. An existing file is kept if writing fails.

    Raises NotPlainError for values that cannot be written, ValueError for too much text.
    """
    encoded, arrays = encode(content)
    text = json.dumps(encoded, allow_nan=False)
    # The header is JSON itself: quotes and backslashes of the text are escaped in it.
    size = len(text) + text.count('"') + text.count("\\")
    size += ARRAY_ENTRY_BYTES * (len(arrays) + 1)
    if size > MAX_HEADER_BYTES:
        raise ValueError(
            f"{path} cannot be written: it would have {size / 1e6:.0f} MB of text, most of "
            f"it in {'.'.join(find_largest(encoded))}, but the file format is limited to "
            f"{MAX_HEADER_BYTES / 1e6:.0f} MB of text. Use pickle or joblib instead."
        )
    header = {"format": str(FORMAT), "skseq": kind, "content": text}
    header["sha256"] = _digest_file(header, arrays)
    replace_file(path, save(arrays, metadata=header))


def read_archive(path, kind):
    """Return the value that :func:`write_archive` wrote to a file of a kind.

    Raises OSError, or FileFormatError if the file is damaged, of another kind or newer.
    """
    path = find_path(path)
    with open(path, "rb") as raw:
        start = raw.read(N_BYTES)
    try:
        with safetensors.safe_open(path, framework="np") as file:
            header = file.metadata() or {}
            _check_header(path, kind, header)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileFormatError:
        raise
    except Exception:
        # Without the error as its cause, which may quote private content of the file.
        what = describe_foreign(start)
        raise FileFormatError(
            f"{path} cannot be read: it is damaged or was not written by skseq"
            f"{f' ({what})' if what else ''}."
        ) from None
    if header.get("sha256") != _digest_file(header, arrays):
        raise FileFormatError(
            f"{path} is damaged: its content has changed since it was written. Copy or "
            "download it again."
        )
    with file_errors(path):
        return decode(header["content"], arrays)


@contextlib.contextmanager
def file_errors(path):
    """Raise FileFormatError in place of any error of a block that uses a file's content."""
    try:
        yield
    except FileFormatError:
        raise
    except Exception as error:
        reason = str(error).rstrip(".") or type(error).__name__
        if isinstance(error, KeyError):
            reason = f"it lacks {reason}"
        if len(reason) > MAX_REASON_LENGTH:
            reason = f"{reason[:MAX_REASON_LENGTH]} ..."
        raise FileFormatError(f"{path} is damaged: {reason}.") from error


def replace_file(path, data, example="model.safetensors"):
    """Write bytes to a file. An existing file is replaced, or kept if writing fails.

    Errors of an invalid path suggest the name of the example.
    """
    path = find_path(path, example)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{path.parent} is not a folder: create it before writing {path}."
        )
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def digest_content(content):
    """Return a hexadecimal digest of a value; equal values have equal digests."""
    encoded, arrays = encode(content)
    return _digest(json.dumps(encoded, allow_nan=False), arrays)


def digest_blocks(blocks):
    """Return a hexadecimal digest of arrays that follow each other."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(f"{block.dtype.str} {block.shape[1:]}".encode())
        digest.update(np.ascontiguousarray(block))
    return digest.hexdigest()


def _check_header(path, kind, header):
    version = header.get("format", "")
    if "skseq" not in header or not (version.isdecimal() and len(version) < 10):
        raise FileFormatError(
            f"{path} was not written by skseq: it is in the safetensors format, but lacks "
            "the header of skseq. Read it with safetensors.numpy.load_file."
        )
    if int(version) > FORMAT:
        raise FileFormatError(
            f"{path} was written by a newer version of skseq (format {version}; this one "
            f"reads up to {FORMAT}): upgrade skseq."
        )
    if header["skseq"] != kind:
        is_known = header["skseq"] in KINDS
        found = f"is of the kind {header['skseq']!r}" if is_known else "is of another kind"
        use = f" {KINDS[header['skseq']]}." if is_known else ""
        raise FileFormatError(f"{path} {found}, not {kind!r}.{use}")


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

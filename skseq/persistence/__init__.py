"""Files of arrays and plain values, which are safe to read from untrusted sources.

A file is in the safetensors format, with JSON in its header. It contains values of a closed
list of types (`values`) and objects of registered subclasses of :class:`skseq.saved.Saved`.
Reading it runs no code and imports nothing.
"""

from skseq.persistence.archive import (
    digest_blocks,
    digest_content,
    file_errors,
    read_archive,
    replace_file,
    write_archive,
)
from skseq.persistence.codecs import NotPlainError

__all__ = [
    "NotPlainError",
    "digest_blocks",
    "digest_content",
    "file_errors",
    "read_archive",
    "replace_file",
    "write_archive",
]

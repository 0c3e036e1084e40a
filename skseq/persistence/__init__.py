"""Files of arrays and plain values, safe to read from strangers.

A file is in the safetensors format; its header carries JSON. Only a closed list of types
goes in and comes out: nothing is looked up by name, and nothing is run.
"""

from skseq.persistence.archive import (
    complain,
    digest_blocks,
    digest_content,
    read_archive,
    replace_file,
    write_archive,
)
from skseq.persistence.times import TIMES
from skseq.persistence.transformers import TRANSFORMERS
from skseq.persistence.values import Codec, NotPlainError, record, require

__all__ = [
    "TIMES",
    "TRANSFORMERS",
    "Codec",
    "NotPlainError",
    "complain",
    "digest_blocks",
    "digest_content",
    "read_archive",
    "record",
    "replace_file",
    "require",
    "write_archive",
]

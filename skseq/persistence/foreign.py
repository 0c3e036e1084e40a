"""Recognize files that skseq did not write by their first bytes."""

import codecs
import re

# How many bytes are read.
N_BYTES = 512
OWN = re.compile(rb".{4}\0{4}\{", re.DOTALL)  # safetensors: the size of a JSON, and this
RUNS_CODE = ", which runs code from the file: use it only for files that you trust"
KINDS = (
    (
        rb"\x80[\x02-\x05]",
        "a pickle",
        f"read it with pickle.load or joblib.load{RUNS_CODE}",
    ),
    (
        rb"x[\x01\x5e\x9c\xda]|\x1f\x8b|BZh|\xfd7zXZ|\x5d\0\0|\x04\x22M\x18",
        "compressed",
        f"joblib.load reads compressed pickles{RUNS_CODE}",
    ),
    (
        rb"PK\x03\x04",
        "a zip archive",
        "torch.load and numpy.load read their own",
    ),
    (rb"\x93NUMPY", "an array of numpy", "read it with numpy.load"),
    (rb"\x89HDF", "an HDF5 file", "read it with h5py or Keras"),
    # Fields of a protobuf: a version, then producer, domain, graph, opset or metadata.
    (
        rb"\x08[\x01-\x7f][\x12\x1a\x22\x28\x32\x3a\x42\x72]",
        "an ONNX model",
        "read it with onnxruntime.InferenceSession",
    ),
)


def describe_foreign(start):
    """Return what a file with these first bytes seems to be and how to read it, or None."""
    if not start:
        return "it is empty"
    if OWN.match(start):
        return None
    if _is_text(start):
        return "it seems to be a text file"
    for pattern, what, remedy in KINDS:
        if re.match(pattern, start):
            return f"it seems to be {what}: {remedy}"
    return None


def _is_text(start):
    try:  # the last character may be incomplete
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\t\r\n" for c in text)

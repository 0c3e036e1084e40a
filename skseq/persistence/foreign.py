"""What a file seems to be that skseq did not write, by its first bytes."""

import codecs
import re

# How many bytes are looked at.
N_BYTES = 512
OWN = re.compile(rb".{4}\0{4}\{", re.DOTALL)  # safetensors: the size of a JSON, and this
RUNS_CODE = ", which runs code that is in it: take only files of your own"
KINDS = (
    (rb"\x80[\x02-\x05]", "a pickle", f"pickle.load or joblib.load reads it{RUNS_CODE}"),
    (
        rb"x[\x01\x5e\x9c\xda]|\x1f\x8b|BZh|\xfd7zXZ|\x5d\0\0|\x04\x22M\x18",
        "compressed, as joblib does it",
        f"joblib.load reads such files{RUNS_CODE}",
    ),
    (
        rb"PK\x03\x04",
        "a zip archive",
        "torch.load, numpy.load or skops.io.load read their own",
    ),
    (rb"\x93NUMPY", "an array of numpy", "numpy.load reads it"),
    (rb"\x89HDF", "an HDF5 file", "h5py or Keras reads it"),
    # Fields of a protobuf: a version, then producer, domain, graph, opset or metadata.
    (
        rb"\x08[\x01-\x7f][\x12\x1a\x22\x28\x32\x3a\x42\x72]",
        "an ONNX model",
        "onnxruntime.InferenceSession reads it",
    ),
)


def describe_foreign(start):
    """Return what a file seems to be, and who reads it; None if it cannot be told.

    Parameters
    ----------
    start : bytes
        Its first bytes.
    """
    if not start:
        return "it is empty"
    if OWN.match(start):
        return None
    text = _read_text(start)
    if text is not None:
        return f"it seems to be text: it begins with {text[:40]!r}"
    for pattern, what, who in KINDS:
        if re.match(pattern, start):
            return f"it seems to be {what}: {who}"
    return None


def _read_text(start):
    """Return bytes as the text that they are, or None."""
    try:  # the last character may be cut off
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return None
    return text if all(c.isprintable() or c in "\t\r\n" for c in text) else None

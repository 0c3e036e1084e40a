"""What the C library does with memory that training frees."""

import contextlib
import ctypes
import os
import threading

# Parameters of glibc's mallopt (malloc.h), and the largest value that they take.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
ALL = 2**31 - 1
# Where glibc's own adaptation ends on 64 bits (mallopt(3), M_MMAP_THRESHOLD).
TRIM_AFTER, MMAP_AFTER = 64 * 2**20, 32 * 2**20
# Who has set one of these has decided.
SETTINGS = (
    "GLIBC_TUNABLES",
    "MALLOC_MMAP_MAX_",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TRIM_THRESHOLD_",
)

_lock = threading.Lock()
_n_blocks = 0


@contextlib.contextmanager
def keep_freed_memory():
    """Let glibc keep what is freed within a block: the next update needs it again.

    By itself it returns blocks of more than 32 MB to the system at once, which has to
    clear each page again when the next update asks for it: a quarter of the time of an
    LSTM over 1,000 steps. After the block what is free goes back, and glibc's thresholds
    are those that its own adaptation ends at. Nothing is done where another library
    allocates, or where the environment sets thresholds.
    """
    library = _find_glibc()
    if library is None:
        yield
        return
    _enter(library)
    try:
        yield
    finally:
        _leave(library)


def _enter(library):
    global _n_blocks
    with _lock:
        _n_blocks += 1
        if _n_blocks == 1:
            library.mallopt(MMAP_THRESHOLD, ALL)
            library.mallopt(TRIM_THRESHOLD, ALL)


def _leave(library):
    """Undo it, if no other thread is within a block."""
    global _n_blocks
    with _lock:
        _n_blocks -= 1
        if _n_blocks == 0:
            library.mallopt(MMAP_THRESHOLD, MMAP_AFTER)
            library.mallopt(TRIM_THRESHOLD, TRIM_AFTER)
            library.malloc_trim(TRIM_AFTER)


def _find_glibc():
    if any(name in os.environ for name in SETTINGS):
        return None
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):  # Windows has no library of the process itself
        return None
    return library if hasattr(library, "gnu_get_libc_version") else None

"""How Ctrl-C differs from callbacks that stop training."""

import dis
import signal


def is_raised_by_code(error):
    """Return whether a `raise` statement, and not Ctrl-C, raised a KeyboardInterrupt.

    Ctrl-C interrupts any other instruction, or runs a signal handler that raises the error.
    """
    handler = getattr(signal.getsignal(signal.SIGINT), "__code__", None)
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    is_raise = dis.opname[code.co_code[trace.tb_lasti]] == "RAISE_VARARGS"
    return is_raise and code is not handler

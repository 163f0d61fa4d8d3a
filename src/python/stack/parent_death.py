"""Child processes that do not outlive the process that started them."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def signalled_by_parent_death(signal_number: signal.Signals) -> Callable[[], None] | None:
    """Return what a new child has to do before it becomes a program, a Popen's `preexec_fn`.

    On Linux the child then gets the signal when this thread's process dies, however it dies
    (prctl(2), PR_SET_PDEATHSIG); elsewhere there is no such thing and the answer is None.
    """
    if sys.platform != "linux":
        return None
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl

    def request() -> None:
        prctl(_PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:
            os._exit(1)

    return request

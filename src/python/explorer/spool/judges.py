"""Processes that judge blocks beside one another."""

import contextlib
import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from explorer.spool.judging import Judged, Order, judge

STOP_S = 5.0
SERVE = "from explorer.spool.judges import serve; serve()"


class JudgeEnded(OSError):
    """A judging process was killed, or could not write."""


Process = subprocess.Popen[bytes]
Submit = Callable[[Order], Future[Judged]]


@contextlib.contextmanager
def judges(processes: int) -> Iterator[Submit]:
    """Start so many judges for a with block; with 0 this process judges itself.

    Not multiprocessing: its processes would import the program that was started once more.
    """
    with contextlib.ExitStack() as stack:
        executor = ThreadPoolExecutor(max_workers=processes or 1)
        idle: SimpleQueue[Process] = SimpleQueue()
        for _ in range(processes):
            idle.put(stack.enter_context(_process()))
        stack.callback(executor.shutdown, wait=True, cancel_futures=True)
        if processes:
            yield lambda order: executor.submit(_ask, idle, order)
        else:
            yield lambda order: executor.submit(judge, order)


def serve() -> None:
    """Judge what comes on standard input until it ends; the answers go to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started it.
    gc.disable()  # Nothing here is cyclic, and collecting takes a fifth of the time.
    while True:
        try:
            order = pickle.load(sys.stdin.buffer)  # noqa: S301  from the process that started it
        except EOFError:
            return
        pickle.dump(judge(order), sys.stdout.buffer)
        sys.stdout.buffer.flush()


@contextlib.contextmanager
def _process() -> Iterator[Process]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # It imports what this one can, be it a PEX, Pants or a virtual environment.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
    )
    try:
        yield process
    finally:
        with contextlib.suppress(OSError):
            process.communicate(timeout=STOP_S)
        process.kill()
        process.wait()


def _ask(idle: SimpleQueue[Process], order: Order) -> Judged:
    process = idle.get()
    try:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a judge has no pipes")
        pickle.dump(order, process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        process.stdin.flush()
        judged: Judged = pickle.load(process.stdout)  # noqa: S301  from a process of our own
    except (EOFError, BrokenPipeError) as error:
        raise JudgeEnded("a judging process ended unexpectedly: start again") from error
    finally:
        idle.put(process)
    return judged

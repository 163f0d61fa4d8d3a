"""A process that writes event lines: `python -m tests.integration.writing_lines NAME COUNT SEED`.

Four threads write COUNT lines each through the façade as it is configured by the environment. Every
line bears a number of its own; their lengths are drawn between 200 bytes and 1 MB, mostly short.
"""

import json
import os
import random
import signal
import sys
import threading

import observability as obs

THREADS = 4
LENGTHS = (200, 700, 4_000, 5_000, 70_000, 1_000_000)
WEIGHTS = (40, 40, 10, 5, 4, 1)


def line(name: str, number: int, length: int) -> bytes:
    start = json.dumps({"writer": name, "number": number, "filling": ""})
    filling = "x" * (length - len(start) - 1)
    return json.dumps({"writer": name, "number": number, "filling": filling}).encode() + b"\n"


def write(name: str, count: int, seed: str) -> None:
    draw = random.Random(f"{seed}/{name}")  # noqa: S311 - a test's lengths are no secret
    for number in range(count):
        [length] = draw.choices(LENGTHS, WEIGHTS)
        obs.emit(obs.SealedEvent(event_id="", line=line(name, number, length)))


def write_from_threads(name: str, count: int, seed: str) -> None:
    threads = [
        threading.Thread(target=write, args=(f"{name}/{thread}", count, seed))
        for thread in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(name: str, count: str, seed: str) -> None:
    # Signals interrupt system calls; with a handler, Python has to take them up again.
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    obs.configure(service_name="writer", service_version="1")
    write_from_threads(name, int(count), seed)
    signal.setitimer(signal.ITIMER_REAL, 0)
    [account] = obs.stats().sinks.values()
    sys.stderr.write(json.dumps([account.emitted, account.written, account.dropped]))
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])

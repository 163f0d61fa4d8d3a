"""Puts logging, warnings and hooks back as they were, once a test has had them captured."""

import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_logging() -> Iterator[None]:
    """Undo within this process what `configure(library_logs=True)` does for good."""
    root = logging.getLogger()
    handlers, level, shown = root.handlers[:], root.level, warnings.showwarning
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    yield
    root.handlers[:], warnings.showwarning = handlers, shown
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks

"""A way to the database that tests can cut: a proxy in front of its Unix socket."""

import contextlib
import re
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Lock, Thread
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

CHUNK = 1 << 16


@dataclass(slots=True)
class Wire:
    """Connections through the proxy; of `lose_one_in` answers one never arrives, at random.

    With it the connection is cut, as by a network that fails: what was asked has been done.
    """

    folder: str
    server: str
    lose_one_in: int = 0
    away: bool = False
    lost: int = 0
    random: Random = field(default_factory=lambda: Random(6))  # noqa: S311  faults, no secrets
    _open: set[socket.socket] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def url(self, url: str) -> str:
        """Return `url` by way of the proxy."""
        return re.sub(r"host=[^&]*", f"host={quote(self.folder, safe='')}", url)

    def cut(self) -> None:
        """Close every connection."""
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def serve(self, listener: socket.socket) -> None:
        """Accept connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with client, server, contextlib.suppress(OSError):
            if self.away:
                return
            server.connect(self.server)
            with self._lock:
                self._open |= {client, server}
            back = Thread(target=self._pump, args=(server, client, True), daemon=True)
            back.start()
            self._pump(client, server, False)
            back.join()
        with self._lock:
            self._open -= {client, server}

    def _pump(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while (data := source.recv(CHUNK)) and not (answers and self._is_lost()):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _is_lost(self) -> bool:
        with self._lock:
            lost = self.lose_one_in > 0 and self.random.randrange(self.lose_one_in) == 0
            self.lost += lost
            return lost


@contextlib.contextmanager
def wire_to(url: str) -> Iterator[Wire]:
    """Listen in front of the database at `url` until the block ends."""
    parameters = conninfo_to_dict(url)
    name = f".s.PGSQL.{parameters['port']}"
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        wire = Wire(folder=folder, server=str(Path(str(parameters["host"]), name)))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(Path(folder, name)))
            listener.listen()
            Thread(target=wire.serve, args=(listener,), daemon=True).start()
            yield wire
            wire.cut()
            listener.shutdown(socket.SHUT_RDWR)

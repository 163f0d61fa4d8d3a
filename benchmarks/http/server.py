"""Serves an application on an inherited socket: `python -m benchmarks.http.server NAME FD`."""

import sys
from socket import socket

import uvicorn

from benchmarks.http.applications import APPLICATIONS


def serve(name: str, descriptor: int) -> None:
    """Serve until SIGTERM, one worker, with the faster of uvicorn's loops and parsers."""
    config = uvicorn.Config(
        APPLICATIONS[name].make(),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
    uvicorn.Server(config).run(sockets=[socket(fileno=descriptor)])


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))

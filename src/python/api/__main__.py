"""`python -m api`: serves the API."""

import asyncio
import os
import sys
from collections.abc import Callable
from socket import socket

import click
import psycopg
import uvicorn

import observability as obs
from api.access.binding import AddressRefused, require_address
from api.access.limits import limits_from
from api.application import create_app
from api.settings import InvalidSetting, max_upload_bytes
from api.wiring.observability import observed
from embedding import default_embedder
from product_version import VERSION
from store.database import InvalidDatabaseUrl, database_url, migrate, out_of_reach


class Server(uvicorn.Server):
    """A server that has something done when it is stopped, before it waits for open requests."""

    def __init__(self, config: uvicorn.Config, *, before_it_waits: Callable[[], None]) -> None:
        super().__init__(config)
        self._before_it_waits = before_it_waits

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop serving."""
        self._before_it_waits()
        await super().shutdown(sockets)


@click.command()
@click.version_option(VERSION, prog_name="api")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
def main(host: str, port: int) -> None:
    """Serve the HTTP API.

    Settings: DATABASE_URL, OBS_* (docs/observability.md), NARRALYTICA_* (docs/access.md).
    """
    try:
        url = database_url(os.environ)
        app = create_app(
            url,
            default_embedder,
            limits=limits_from(os.environ),
            max_upload_bytes=max_upload_bytes(os.environ),
        )
        asgi = observed(app)
        migrate(url)
        asyncio.run(require_address(host, url))
    except (InvalidDatabaseUrl, InvalidSetting, obs.InvalidConfiguration) as error:
        raise click.UsageError(str(error)) from error
    except AddressRefused as error:
        raise click.ClickException(str(error)) from error
    except psycopg.OperationalError as error:
        raise click.ClickException(out_of_reach(error)) from error
    # The façade tells what is logged. Without a level, uvicorn makes up lines for its own trace.
    config = uvicorn.Config(
        asgi,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        log_level="warning",
        # A header that anybody on this machine can send does not say who asks.
        proxy_headers=False,
    )
    server = Server(config, before_it_waits=lambda: app.state.services.feed.close())
    server.run()
    if not server.started:
        sys.exit(3)


if __name__ == "__main__":
    main(prog_name="api")

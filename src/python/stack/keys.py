"""`narralytica keys`: who may use the API."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import click
import psycopg
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stack.embedded_postgres import EmbeddedPostgresError, embedded_postgres, running_postgres
from stack.up import default_data_dir
from store.api_keys import (
    SCOPES,
    ApiKey,
    Scope,
    TooManyKeys,
    create_key,
    list_keys,
    revoke_key,
    usable_keys,
)
from store.database import InvalidDatabaseUrl, database_url, migrate, out_of_reach
from store.key_text import KeyText, is_key_id

LONGEST_LABEL = 100
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LIFETIME = re.compile(r"([1-9][0-9]{0,4})([mhd])")

Result = TypeVar("Result")


class Lifetime(click.ParamType[timedelta]):
    """How long a key is good: a number of minutes, hours or days."""

    name = "lifetime"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the time. Fails for what is none."""
        match = _LIFETIME.fullmatch(str(value))
        if match is None:
            self.fail("give minutes, hours or days, such as 30m, 12h or 90d", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


@click.group()
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=default_data_dir,
    help="Where `narralytica up` keeps its database.",
)
@click.option(
    "--database-url", envvar="DATABASE_URL", help="Use this PostgreSQL, not the embedded one."
)
@click.pass_context
def keys(ctx: click.Context, data_dir: Path, database_url: str | None) -> None:
    """Make, list and revoke the keys of the API.

    As long as none was made, the API needs none, and serves this machine alone. The API knows of a
    change within two seconds.

    \b
      narralytica keys create --scope search --label "the web site"
      narralytica keys list
    """
    ctx.obj = _Database(data_dir, database_url)


@keys.command()
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    help="What it is good for; give it several times. docs/access.md explains them.",
)
@click.option("--label", default="", help="Whose it is, for `keys list`.")
@click.option("--expires", type=Lifetime(), help="When it ends, such as 90d. Default: never.")
@click.pass_obj
def create(
    database: "_Database", scopes: Sequence[Scope], label: str, expires: timedelta | None
) -> None:
    """Make a key, and print it: this once, as nobody can read it afterwards.

    \b
      narralytica keys create --scope search --label "the web site"
    """
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise click.UsageError(f"a label is at most {LONGEST_LABEL} printable characters")

    async def make(connection: AsyncConnection) -> KeyText:
        return await create_key(connection, scopes=set(scopes), label=label, lifetime=expires)

    key = database.run(make)
    click.echo(key.text())
    click.echo(f"Keep it: it is shown this once. Its id is {key.key_id}.", err=True)


@keys.command(name="list")
@click.pass_obj
def list_all(database: "_Database") -> None:
    """List all keys there ever were, without their secrets.

    \b
      narralytica keys list
    """
    table = Table(box=None, pad_edge=False, show_edge=False)
    for title in ("ID", "SCOPES", "STATE", "CREATED", "EXPIRES", "LAST USED", "LABEL"):
        table.add_column(title, overflow="fold")
    for key in database.run(list_keys):
        table.add_row(
            key.key_id,
            " ".join(key.scopes),
            _state(key),
            _day(key.created_at),
            _day(key.expires_at),
            "never" if key.last_used_on is None else key.last_used_on.isoformat(),
            Text(key.label),
        )
    # A line for each, also where lines are counted or searched.
    Console(highlight=False, width=max(Console().width, 160)).print(table)


@keys.command()
@click.argument("key_id", metavar="ID")
@click.pass_obj
def revoke(database: "_Database", key_id: str) -> None:
    """End the key ID for good.

    \b
      narralytica keys revoke 0193f0c277aa
    """
    if not is_key_id(key_id):  # and may be a whole key, which is not to be repeated
        raise click.UsageError("an ID is 12 hexadecimal digits: `narralytica keys list` shows it")

    async def end(connection: AsyncConnection) -> tuple[bool, int]:
        return await revoke_key(connection, key_id), len(await usable_keys(connection))

    found, left = database.run(end)
    if not found:
        raise click.ClickException(f"there is no key {key_id}: `narralytica keys list` shows them")
    click.echo(f"{key_id} is revoked.")
    if not left:
        click.echo("No usable key is left: the API serves nobody until you make one.", err=True)


class _Database:
    """The database that has the keys."""

    def __init__(self, data_dir: Path, url: str | None) -> None:
        self._data_dir = data_dir
        self._given_url = url

    def run(self, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        """Return what `work` returns, in one transaction. Raises ClickException."""
        try:
            with self._url() as url:
                migrate(url)
                return asyncio.run(_within(url, work))
        except (EmbeddedPostgresError, TooManyKeys) as error:
            raise click.ClickException(str(error)) from error
        except InvalidDatabaseUrl as error:
            raise click.UsageError(str(error)) from error
        except psycopg.OperationalError as error:
            raise click.ClickException(out_of_reach(error)) from error

    @contextlib.contextmanager
    def _url(self) -> Iterator[str]:
        """The given database, the one that `up` runs at the moment, or that one, just for now."""
        if self._given_url:
            yield database_url({"DATABASE_URL": self._given_url})
            return
        url = running_postgres(self._data_dir)
        if url is not None:
            yield url
            return
        with embedded_postgres(self._data_dir) as url:
            yield url


async def _within(url: str, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
    async with await AsyncConnection.connect(url) as connection:
        return await work(connection)


def _state(key: ApiKey) -> str:
    if key.usable:
        return "usable"
    return "expired" if key.revoked_at is None else "revoked"


def _day(time: datetime | None) -> str:
    return "never" if time is None else f"{time:%Y-%m-%d}"

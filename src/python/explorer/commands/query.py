"""`narralytica query`."""

import csv
import io
import json
import math
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import duckdb
from rich.text import Text

from explorer.commands.opened import Unanswerable, opened
from explorer.commands.options import as_json, files
from explorer.commands.output import Cell, console, print_rows, table
from explorer.harmless import harmless
from explorer.index import Index, QueryError

MOST_ROWS = 1_000
MOST_CELLS = 60

Rows = Sequence[dict[str, Any]]


@click.command()
@click.argument("sql", metavar="SQL")
@files
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="For people, or for programs.",
)
@as_json
@click.option(
    "-n",
    "--most",
    default=MOST_ROWS,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="How many rows at most.",
)
def query(sql: str, files: tuple[Path, ...], form: str, as_json: bool, most: int) -> None:
    """Answer an SQL query about the events of FILES (DuckDB's SQL, one SELECT).

    The table `events` has a column for each field of an event (`index` is `index_name` there), its
    `area` and `action`, its `payload` as JSON text, and the `file` and `line` where it stands; each
    event is there once. `invalid_lines` has file, line, reason and excerpt. Nothing can be written,
    and no other file be read. Exits with 0, and with 2 for a query that cannot be answered.

    \b
      narralytica query 'DESCRIBE events' events/*.jsonl
      narralytica query --format csv "SELECT worker, avg(latency_ms) FROM events
        WHERE action = 'failed' GROUP BY worker" events/*.jsonl
    """
    wanted = _single_select(sql)
    with opened(files) as index:
        rows = _answer(index, wanted, most + 1)
    shown = rows[:most]
    if as_json or form == "json":
        click.echo(json.dumps([_plain(row) for row in shown], indent=2))
    elif form == "csv":
        click.echo(_csv(shown), nl=False)
    else:
        print_rows(answer_rows(shown, console().width))
    if len(rows) > most:
        click.echo(f"Only the first {most:,} rows are shown: -n shows more.", err=True)


def answer_rows(rows: Rows, width: int) -> Iterator[Text]:
    """Yield rows as a table; where it would be too wide, each as a paragraph."""
    if not rows:
        yield Text("No rows.", "dim")
        return
    yield from table(list(rows[0]), [[_cell(each) for each in row.values()] for row in rows], width)


def _single_select(sql: str) -> str:
    """Return the query. Raises Unanswerable for what is not one SELECT."""
    try:
        sql.encode()
        statements = duckdb.extract_statements(sql)
    except (UnicodeEncodeError, duckdb.Error) as error:
        raise _unanswerable(error) from error
    if len(statements) != 1:
        raise Unanswerable(f"It takes one query, not {len(statements)}.")
    [statement] = statements
    if statement.type != duckdb.StatementType.SELECT:
        kind = statement.type.name.replace("_", " ")
        raise Unanswerable(f"It only answers a SELECT, and changes nothing: this is {kind}.")
    return statement.query.strip().rstrip(";")


def _answer(index: Index, wanted: str, most: int) -> Rows:
    # What would change something is no part of a query within a query; nor does it reach files.
    sql = f"SELECT * FROM ({wanted}\n) LIMIT {most}"  # noqa: S608  it is theirs
    try:
        with _ended_by_signals():
            return index.rows(sql)
    except QueryError as error:
        raise _unanswerable(error) from error


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let Ctrl-C end the process at once: the engine would finish its answer first."""
    before = {each: signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _unanswerable(error: Exception) -> Unanswerable:
    lines = str(error).splitlines()
    return Unanswerable("\n".join(harmless(line.expandtabs(4)) for line in lines if line))


def _cell(value: Any) -> Cell:
    if value is None:
        return Cell(text="–", style="dim")
    text = harmless(str(_plain(value)), MOST_CELLS)
    return Cell(text=text, left=not isinstance(value, int | float | Decimal))


def _csv(rows: Rows) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([list(row) for row in rows[:1]])
    writer.writerows([_plain(value) for value in row.values()] for row in rows)
    return file.getvalue()


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; times are RFC 3339, in UTC."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return float(value)
        case datetime():
            return f"{value.isoformat()}Z" if value.tzinfo is None else value.isoformat()
        case date() | time():
            return value.isoformat()
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case bytes():
            return value.hex()
    return str(value)

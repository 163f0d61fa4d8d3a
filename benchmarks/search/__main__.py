"""`./pants run benchmarks:search`: how good the answers of a search are, and how fast they come."""

import asyncio
import logging
from pathlib import Path

import click

from benchmarks.search.answers import judged_answers
from benchmarks.search.report import Found, as_json, as_text
from benchmarks.search.site import SearchSite, search_site
from benchmarks.search.speed import Built, Timed, build, timed_searches
from store.database import Database

JSON_PATH = Path("dist/benchmarks/search.json")


@click.command()
@click.option("--json", "json_path", default=JSON_PATH, show_default=True, type=Path)
@click.option("--passages", default=100_000, show_default=True, help="In the index; 0: no timing.")
@click.option("--searches", default=200, show_default=True, help="Of each mode, unfiltered.")
@click.option("--filtered", default=60, show_default=True, help="Of each mode, with each filter.")
@click.option("--quality/--no-quality", default=True, show_default=True, help="Of the judged set.")
def main(json_path: Path, passages: int, searches: int, filtered: int, quality: bool) -> None:
    """Judge the answers to the judged queries, and time searches in a large index."""
    # wordllama sets logging up for whoever imports it, and libraries then tell all they do.
    logging.disable(logging.INFO)
    answers = judged_answers(_progress) if quality else None
    built, timed = None, list[Timed]()
    if passages:
        with search_site() as site:
            built, document_ids = asyncio.run(_build(site, passages))
            timed = timed_searches(
                site, document_ids, unfiltered=searches, filtered=filtered, progress=_progress
            )
    found = Found(answers=answers, built=built, searches=timed)
    json_path.parent.mkdir(parents=True, exist_ok=True)
    json_path.write_text(as_json(found), encoding="utf-8")
    click.echo(as_text(found))
    click.echo(f"\nAll numbers: {json_path}")


async def _build(site: SearchSite, passages: int) -> tuple[Built, list[str]]:
    async with Database(site.database_url) as database, database.connection() as connection:
        return await build(connection, passages, _progress)


def _progress(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main(prog_name="benchmarks:search")

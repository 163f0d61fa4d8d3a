"""Renders the pages. Whatever a line can contain is escaped, and made harmless, in one place."""

import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response, StreamingResponse

from explorer.harmless import harmless
from explorer.web import wording

#: What is shown of a line or a value at most; the whole of it is a link away.
MOST_SHOWN = 16_000
NOBODY_KEEPS = {"Cache-Control": "no-store"}
#: Where, in a page without contents, they belong.
CONTENTS = "<!-- contents -->"


def page(template: str, /, status: int = 200, **told: Any) -> Response:
    """Return a page as an answer that nobody keeps."""
    return HTMLResponse(_rendered(template, told), status, headers=NOBODY_KEEPS)


def growing_page(
    frame: str, told: Mapping[str, Any], template: str, contents: Awaitable[Mapping[str, Any]]
) -> Response:
    """Return a page whose frame is sent at once, and its contents as soon as they are known."""

    async def parts() -> AsyncIterator[str]:
        before, _, after = _rendered(frame, told).partition(CONTENTS)
        yield before
        yield _rendered(template, await contents)
        yield after

    return StreamingResponse(parts(), media_type="text/html", headers=NOBODY_KEEPS)


def _rendered(template: str, told: Mapping[str, Any]) -> str:
    return _PAGES.get_template(f"{template}.html.jinja2").render(told)


def shown(value: object) -> object:
    """Make every text that a template shows harmless; markup of our own stays as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    if value.isascii() and value.isprintable() and len(value) <= wording.LONGEST:
        return value
    return harmless(value, wording.LONGEST)


def _long(text: str) -> Markup:
    """Show a long text, up to 16,000 characters of it, its line breaks kept."""
    lines = text[:MOST_SHOWN].split("\n")
    left = f"… ({len(text):,} characters)" if len(text) > MOST_SHOWN else ""
    return Markup("\n").join(harmless(line, MOST_SHOWN) for line in lines) + left


def _indented(value: Mapping[str, Any]) -> Markup:
    return _long(json.dumps(value, indent=2, ensure_ascii=False))


def _quoted(text: str) -> Markup:
    """Write a text as a part of an address, whole: percent signs leave nothing to escape."""
    return Markup(quote(text, safe=""))  # noqa: S704


def _exactly(text: str) -> Markup:
    """Show a text as it is, for a field whose value is sent again."""
    return escape(text)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("explorer.web"),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        ago=wording.ago,
        axis=wording.axis,
        clock=wording.clock,
        count=wording.count,
        day=wording.day,
        exactly=_exactly,
        indented=_indented,
        long=_long,
        moment=wording.moment,
        name=wording.name,
        short=wording.short,
        tick=wording.tick,
        took=wording.took,
        urlencode=_quoted,
        when=wording.when,
    )
    return environment


_PAGES = _environment()

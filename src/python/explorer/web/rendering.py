"""Renders the pages. Whatever a line can contain is escaped, and made harmless, in one place."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from explorer.harmless import harmless
from explorer.web import wording

#: What is shown of a line or a value at most; the whole of it is a link away.
MOST_SHOWN = 16_000


def page(template: str, /, status: int = 200, **told: Any) -> HTMLResponse:
    """Return a page as an answer that nobody keeps."""
    text = _PAGES.get_template(f"{template}.html.jinja2").render(told)
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


def _shown(value: object) -> object:
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
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        ago=wording.ago,
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
    )
    return environment


_PAGES = _environment()

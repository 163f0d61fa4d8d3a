"""Makes text safe and legible in the two forms of the catalogue."""

import re

from markupsafe import Markup, escape

# A JSON string, a key if a colon follows; or a number, true, false or null.
_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=:))|(?P<string>"(?:[^"\\]|\\.)*")|(?P<other>-?\d[\d.eE+-]*|\w+)'
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|])")


def markdown_cell(text: str) -> str:
    """Return plain text as one cell of a table in GitHub Flavored Markdown."""
    return _MARKDOWN.sub(r"\\\1", text.replace("\n", " "))


def highlighted(line: str) -> Markup:
    """Return a compact JSON line as HTML whose text is the line, with its tokens marked up."""
    marked = Markup()
    end = 0
    for token in _TOKEN.finditer(line):
        marked += _between(line[end : token.start()])
        marked += Markup('<span class="{}">{}</span>').format(token.lastgroup, token.group())
        end = token.end()
    return marked + _between(line[end:])


def _between(punctuation: str) -> Markup:
    # A narrow window breaks the line after a comma.
    return escape(punctuation).replace(",", Markup(",<wbr>"))

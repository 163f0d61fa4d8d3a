"""The catalogue tells everything about every event, to people and to browsers without network."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from observability import envelope_violations
from observability.events import EVENT_TYPES
from registry.catalogue import catalogue_files, docs
from registry.sources import EventDefinition, load

ROOT = Path(__file__).parents[2]
MARKDOWN = Path("docs/events.md")
PAGE = Path("docs/events.html")
REGISTRY = Path("contracts/schemas/observability/registry.json")
SEARCH_EXECUTED = Path(
    "contracts/schemas/observability/payloads/search_executed.payload.schema.json"
)

EVENTS = load(ROOT).events
FILES = catalogue_files(ROOT)


class Outline(HTMLParser):
    """What a reader gets of a page: its text by section, its anchors, and what it would load."""

    VOID = ("meta", "input", "wbr")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.text: dict[str, str] = {}
        self._open: list[tuple[str, str | None]] = []
        self.feed(page)
        self.close()
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if identifier := given.get("id"):
            self.ids.append(identifier)
        if tag == "a":
            self.links.append(given.get("href") or "")
        self.loaded += [value for key in ("src", "srcset", "data") if (value := given.get(key))]
        if tag == "link":
            self.loaded.append(given.get("href") or "")
        if tag not in self.VOID:
            self._open.append((tag, given.get("id")))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag

    def handle_data(self, data: str) -> None:
        for _, identifier in self._open:
            if identifier:
                self.text[identifier] = self.text.get(identifier, "") + data


@pytest.fixture(scope="module")
def outline() -> Outline:
    return Outline(FILES[PAGE])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    return tmp_path


def words(text: str) -> str:
    return " ".join(text.split())


def examples(markdown: str) -> dict[str, dict[str, object]]:
    lines = re.findall(r"^```json\n(.*)\n```$", markdown, flags=re.MULTILINE)
    parsed = [json.loads(line) for line in lines]
    return {line["event_name"]: line for line in parsed}


def test_every_event_has_a_whole_valid_example_line() -> None:
    shown = examples(FILES[MARKDOWN])
    assert shown.keys() == {event.event_name for event in EVENT_TYPES}
    for envelope in shown.values():
        assert envelope_violations(envelope) == ()
        assert envelope.keys() >= {"schema_version", "event_id", "severity"}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event_name)
def test_the_page_tells_all_about_an_event(event: EventDefinition, outline: Outline) -> None:
    told = words(outline.text[event.event_name])
    assert event.payload["description"] in told
    assert f"Severity {event.severity}" in told
    assert f"Emitted by {', '.join(event.emitters)}" in told
    assert f"Requires {', '.join(event.requires) or 'no id'}" in told
    assert f"Since {event.since}" in told
    for name, rules in event.payload["properties"].items():
        need = "required" if name in event.payload["required"] else "optional"
        assert f"{name} {need}, {rules['x-sensitivity']}" in told
        assert rules["description"] in told
    assert (
        json.loads(told.split(" Example ")[1].split(" History ")[0])["event_name"]
        == event.event_name
    )


@pytest.mark.parametrize(
    "said",
    [
        "number · Latency milliseconds, ≥ 0",
        "string · Search mode one of lexical, vector, hybrid",
        "array of string · Identifier at most 16 items, no repeats",
        "string · Keyed hash at most 32 characters",
    ],
)
def test_a_field_tells_type_unit_and_bounds(said: str, outline: Outline) -> None:
    assert said in words(outline.text["narralytica.search.executed"])


def test_fields_inside_fields_are_told(outline: Outline) -> None:
    told = words(outline.text["narralytica.contract.violated"])
    assert "violations[].path required, public" in told
    assert "JSON Pointer (RFC 6901) into the envelope." in told


def test_the_page_loads_nothing_and_its_links_lead_somewhere(outline: Outline) -> None:
    assert outline.loaded == []
    assert "url(" not in FILES[PAGE]
    assert "@import" not in FILES[PAGE]
    assert "default-src 'none'" in FILES[PAGE]
    assert len(outline.ids) == len(set(outline.ids))
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)


def test_the_links_of_the_markdown_lead_somewhere() -> None:
    markdown = FILES[MARKDOWN]
    headings = re.findall(r"^#+ (.+)$", markdown, flags=re.MULTILINE)
    # As code hosts make them: lower case, without dots.
    anchors = {re.sub(r"[^\w -]", "", heading.lower()) for heading in headings}
    anchors |= set(re.findall(r'<a id="([^"]+)">', markdown))
    assert set(re.findall(r"\]\(#([^)]+)\)", markdown)) <= anchors
    for path in re.findall(r'src="([^"]+)"|\]\(([\w./]+)\)', markdown):
        assert (ROOT / "docs" / "".join(path)).is_file()


def test_what_a_contract_says_is_text_not_markup(copy: Path) -> None:
    path = copy / SEARCH_EXECUTED
    hostile = "<script>alert(1)</script> & a | b"
    path.write_text(path.read_text().replace("How the passages were ranked.", hostile))
    files = catalogue_files(copy)
    assert "<script>alert" not in files[PAGE]
    assert hostile in Outline(files[PAGE]).text["narralytica.search.executed"]
    assert "<script>" not in files[MARKDOWN]
    assert r"a \| b" in files[MARKDOWN]


def test_the_history_of_an_event_goes_from_release_to_release(copy: Path) -> None:
    released = copy / "contracts/released/1.0.0"
    if not released.exists():
        released.parent.mkdir(exist_ok=True)
        shutil.copytree(copy / "contracts/schemas", released)
        (released / "SHA256SUMS").touch()
    registry = json.loads((copy / REGISTRY).read_text())
    registry["schema_version"] = "1.1.0"
    registry["events"][0] |= {
        "deprecated": "1.1.0",
        "replaced_by": registry["events"][1]["event_name"],
    }
    (copy / REGISTRY).write_text(json.dumps(registry))
    payload = json.loads((copy / SEARCH_EXECUTED).read_text())
    payload["properties"]["language"] = {
        "type": "string",
        "maxLength": 8,
        "examples": ["en"],
        "description": "The language.",
        "x-sensitivity": "public",
    }
    (copy / SEARCH_EXECUTED).write_text(json.dumps(payload))
    told = words(Outline(catalogue_files(copy)[PAGE]).text["narralytica.search.executed"])
    assert "1.0.0 Introduced." in told
    assert "1.1.0 The optional field language was added." in told
    assert "Deprecated since 1.1.0. Use narralytica.search.failed instead." in told


def test_the_command_writes_both_files(copy: Path) -> None:
    result = CliRunner().invoke(docs, ["--root", str(copy)])
    assert result.exit_code == 0
    assert {(copy / path).read_text() for path in FILES} == set(FILES.values())


def test_a_broken_contract_is_told_in_one_sentence(copy: Path) -> None:
    path = copy / SEARCH_EXECUTED
    path.write_text(path.read_text().replace("search_mode", "mode_of_search"))
    result = CliRunner().invoke(docs, ["--root", str(copy)])
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "search_executed.payload.schema.json" in result.output
    assert "mode_of_search" in result.output
    assert "leads nowhere" in result.output

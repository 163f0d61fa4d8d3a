"""deploy/: every event and field that its files name is one of the contracts."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import pytest

DEPLOY = files("deploy")
SCHEMAS = files("contracts") / "schemas" / "observability"
#: What tells Loki's streams apart, whoever collects.
STREAM_LABELS = {"service_name", "env"}


def read(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text())


EVENTS = {event["event_name"]: event["payload"] for event in read("registry.json")["events"]}
MEMBERS: Mapping[str, set[str]] = {
    "": set(read("event_envelope.schema.json")["properties"]),
    "correlation": set(read("correlation.schema.json")["properties"]),
    "actor": set(read("actor.schema.json")["properties"]),
}
PAYLOADS = {name: set(read(payload)["properties"]) for name, payload in EVENTS.items()}
SEVERITIES = set(read("definitions.schema.json")["$defs"]["severity"]["enum"])
DASHBOARD = json.loads((DEPLOY / "grafana" / "narralytica.json").read_text())
QUERIES = [
    pytest.param(target["expr"], id=f"{panel['title']}-{target['refId']}")
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
]


def is_field(path: str, events: set[str]) -> bool:
    """Return whether a line has this, where a payload is one of these events'."""
    parent, _, name = path.rpartition(".")
    if parent == "payload":
        return any(name in PAYLOADS[event] for event in events)
    return name in MEMBERS.get(parent, set())


def selected(query: str) -> set[str]:
    """Return the events that a query is about: all, if it names none."""
    named = re.findall(r'event_name=~?"([^"]+)"', query.partition("| json")[2].partition("|")[2])
    names = {name for each in named for name in each.split("|") if name != "narralytica[.].+"}
    return names or set(EVENTS)


def extracted(query: str) -> dict[str, str]:
    """Return what a query takes out of a line, each name with its path."""
    stages = re.findall(r"\| json ([^|]+)", query)
    return dict(pair for stage in stages for pair in re.findall(r'(\w+)="([^"]+)"', stage))


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_names_what_there_is(query: str) -> None:
    events, taken = selected(query), extracted(query)
    assert events <= set(EVENTS)
    assert set(re.findall(r'\|= "(narralytica[^"]+)"', query)) <= set(EVENTS)
    for name, path in taken.items():
        assert is_field(path, events), path
        assert path.rpartition(".")[2] == name, "a field has the same name everywhere"
    for selector in re.findall(r"\{([^}]*)\}", query):
        assert set(re.findall(r"(\w+)[=!]", selector)) <= STREAM_LABELS
    used = {name for names in re.findall(r"by \(([^)]*)\)", query) for name in names.split(", ")}
    used |= set(re.findall(r"\| unwrap (\w+)", query))
    used |= set(re.findall(r'\| (\w+)=~?"', query))
    assert used <= set(taken) | STREAM_LABELS
    assert set(re.findall(r'\| severity="(\w+)"', query)) <= SEVERITIES


@pytest.mark.parametrize("query", QUERIES)
def test_what_is_measured_is_told_by_every_event_that_is_chosen(query: str) -> None:
    for name in re.findall(r"\| unwrap (\w+)", query):
        assert all(name in PAYLOADS[event] for event in selected(query))


def test_the_dashboard_shows_what_its_queries_take() -> None:
    for panel in DASHBOARD["panels"]:
        taken = {name for target in panel["targets"] for name in extracted(target["expr"])}
        taken |= STREAM_LABELS | {"Time"}
        legends = [target.get("legendFormat", "") for target in panel["targets"]]
        shown = {name for legend in legends for name in re.findall(r"\{\{(\w+)\}\}", legend)}
        for step in panel.get("transformations", ()):
            shown |= set(step["options"].get("indexByName", ()))
        shown |= {each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"]}
        assert shown <= taken, panel["title"]


def test_failures_are_those_that_the_registry_knows() -> None:
    [table] = [panel for panel in DASHBOARD["panels"] if panel["type"] == "table"]
    failed = {name for name in EVENTS if name.endswith(".failed")}
    assert selected(table["targets"][0]["expr"]) == failed


def collected() -> Iterator[Any]:
    alloy = (DEPLOY / "alloy" / "config.alloy").read_text()
    [expressions] = re.findall(r"expressions = \{(.*?)\}", alloy, re.DOTALL)
    yield pytest.param(dict(re.findall(r'(\w+)\s*= "([\w.]+)"', expressions)), id="alloy")
    vector = (DEPLOY / "vector" / "vector.yaml").read_text()
    paths = set(re.findall(r"\bevent\.([\w.]+)", vector))
    yield pytest.param({path: path for path in paths}, id="vector")
    collector = (DEPLOY / "otelcol" / "config.yaml").read_text()
    kept = "\n".join(line for line in collector.splitlines() if " to: " not in line)
    paths = set(re.findall(r"\battributes\.([\w.]+)", kept)) - {"payload", "correlation", "actor"}
    yield pytest.param({path: path for path in paths}, id="otelcol")


@pytest.mark.parametrize("paths", list(collected()))
def test_a_collector_reads_fields_that_there_are(paths: dict[str, str]) -> None:
    assert len(paths) >= 4
    for path in paths.values():
        assert is_field(path, set(EVENTS)), path


def test_all_collectors_make_the_same_streams_and_read_the_same_files() -> None:
    alloy = (DEPLOY / "alloy" / "config.alloy").read_text()
    vector = (DEPLOY / "vector" / "vector.yaml").read_text()
    collector = (DEPLOY / "otelcol" / "config.yaml").read_text()
    [labels] = re.findall(r"stage\.labels \{.*?values = \{(.*?)\}", alloy, re.DOTALL)
    [kept] = re.findall(r"stage\.label_keep \{\s*values = \[(.*?)\]", alloy)
    assert set(re.findall(r"(\w+)\s*=", labels)) == STREAM_LABELS
    assert set(re.findall(r'"(\w+)"', kept)) == STREAM_LABELS
    assert set(re.findall(r'(\w+): "\{\{ \w+ \}\}"', vector)) == STREAM_LABELS
    for text in (alloy, vector, collector):
        assert "/var/lib/narralytica/events/*.jsonl" in text


def test_the_collector_keeps_the_ids_that_the_sink_sends() -> None:
    collector = (DEPLOY / "otelcol" / "config.yaml").read_text()
    moved = set(re.findall(r"to: attributes\.(\w+)", collector))
    parsed = set(re.findall(r"parse_from: attributes\.correlation\.(\w+)", collector))
    assert moved | parsed == MEMBERS["correlation"]
    resource = set(re.findall(r"from: attributes\.actor\.(\w+)", collector))
    assert resource == MEMBERS["actor"]

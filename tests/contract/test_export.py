"""What the contracts and the lines look like to tools that know only the open standards."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from jsonschema import Draft7Validator, Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from observability import envelope_violations
from observability.contracts import Contract
from registry.catalogue.example import example_envelopes
from registry.export import export
from registry.sources import load
from tests.contract.judges import fixture

ROOT = Path(__file__).parents[2]
REGISTRY = load(ROOT)
EXAMPLES = example_envelopes(REGISTRY)
FIXTURES = ("event_envelope.search_executed.json", "event_envelope.layer_failed.json")

Json = dict[str, Any]
Change = Callable[[Json], object]

# Each breaks one kind of rule; the façade is asked whether an event minds.
CHANGES: Mapping[str, Change] = {
    "nothing": lambda line: None,
    "unknown event": lambda line: line.update(event_name="narralytica.search.imagined"),
    "another event": lambda line: line.update(event_name="narralytica.job.created"),
    "no event name": lambda line: line.pop("event_name"),
    "further key": lambda line: line.update(query="who am I"),
    "further payload key": lambda line: line["payload"].update(query="who am I"),
    "no payload": lambda line: line.pop("payload"),
    "empty payload": lambda line: line["payload"].clear(),
    "no event id": lambda line: line.pop("event_id"),
    "wrong severity": lambda line: line.update(severity="fatal"),
    "other severity": lambda line: line.update(severity="debug"),
    "no severity": lambda line: line.pop("severity"),
    "job unknown": lambda line: line["correlation"].update(job_id=None),
    "job absent": lambda line: line["correlation"].pop("job_id"),
    "request unknown": lambda line: line["correlation"].update(request_id=None),
    "id in capitals": lambda line: line["correlation"].update(
        request_id="0192F0C1-7A3B-7C4D-8E5F-0123456789AB"
    ),
    "zero trace": lambda line: line["correlation"].update(trace_id="0" * 32),
    "no service": lambda line: line["actor"].pop("service_name"),
    "time with offset": lambda line: line.update(occurred_at="2026-11-23T15:04:05.678901+01:00"),
    "negative latency": lambda line: line["payload"].update(latency_ms=-1),
    "attempt zero": lambda line: line["payload"].update(attempt=0),
    "broken violation": lambda line: line["payload"].update(violations=[{"path": ""}]),
}


def exported(format_name: str) -> Json:
    result = run("--format", format_name)
    assert result.exit_code == 0, result.output
    document: Json = json.loads(result.stdout)
    return document


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(export, ["--root", str(ROOT), *arguments], input=stdin)


def variants() -> Iterator[tuple[str, str, Json]]:
    for name, example in EXAMPLES.items():
        for told, change in CHANGES.items():
            line = deepcopy(example)
            change(line)
            yield name, told, line


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref" and type(value) is str)
        for value in node.values():
            yield from references(value)
    if isinstance(node, list):
        for item in node:
            yield from references(item)


@pytest.fixture(scope="module")
def bundle() -> Json:
    return exported("json-schema")


@pytest.fixture(scope="module")
def asyncapi() -> Json:
    return exported("asyncapi")


def test_the_bundle_decides_as_the_facade_does(bundle: Json) -> None:
    python = Draft202012Validator(
        bundle, registry=Registry(), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    rust = Contract(bundle)
    verdicts = set()
    for name, told, line in variants():
        expected = envelope_violations(line) == ()
        verdicts.add(expected)
        assert python.is_valid(line) is expected, (name, told)
        assert rust.accepts(line) is expected, (name, told)
    assert verdicts == {True, False}


def test_the_bundle_is_valid_and_holds_every_schema(bundle: Json) -> None:
    Draft202012Validator.check_schema(bundle)
    for reference in ("observability/actor", "messages/job_message"):
        location = f"https://schemas.narralytica.example/{reference}.schema.json"
        part = {"$ref": location, "$defs": {"bundle": bundle}}
        example = bundle["$defs"][location]["examples"][0]
        judge = Draft202012Validator(part, registry=Registry())
        assert judge.is_valid(example)
        assert not judge.is_valid({})


def test_the_asyncapi_document_has_a_message_for_every_event(asyncapi: Json) -> None:
    assert asyncapi["asyncapi"] == "3.0.0"
    assert asyncapi["info"]["version"] == REGISTRY.schema_version
    messages = asyncapi["components"]["messages"]
    lines = asyncapi["channels"]["eventLines"]["messages"]
    assert {messages[name]["name"] for name in lines} == EXAMPLES.keys()
    assert asyncapi["channels"]["jobQueue"]["messages"].keys() == {"JobMessage"}
    assert asyncapi["channels"]["jobQueue"]["parameters"]["worker"]["enum"] == [
        "ingest",
        "transcribe",
        "diarize",
        "enrich",
        "indexer",
    ]
    assert {
        (operation["action"], operation["channel"]["$ref"])
        for operation in asyncapi["operations"].values()
    } == {
        ("send", "#/channels/eventLines"),
        ("send", "#/channels/jobQueue"),
        ("receive", "#/channels/jobQueue"),
    }


def test_the_asyncapi_document_is_self_contained(asyncapi: Json) -> None:
    for reference in references(asyncapi):
        found: Any = asyncapi
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert isinstance(found, dict)


def test_the_asyncapi_payloads_are_schema_objects_of_draft_07(asyncapi: Json) -> None:
    schemas = asyncapi["components"]["schemas"]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in schemas)
    for schema in schemas.values():
        Draft7Validator.check_schema(schema)
    text = json.dumps(schemas)
    assert not re.search(r'"\$(id|schema|defs|comment)"', text)
    # Draft 07 ignores what stands beside a reference.
    assert not re.search(r'"\$ref": "[^"]*",', text)


def asyncapi_judge(document: Json, message: str) -> Draft7Validator:
    payload = document["components"]["messages"][message]["payload"]
    resource = DRAFT7.create_resource(document)
    return Draft7Validator(
        {"$ref": f"urn:asyncapi{payload['$ref']}"},
        registry=Registry().with_resource("urn:asyncapi", resource),
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def test_the_asyncapi_payloads_decide_as_the_facade_does(asyncapi: Json) -> None:
    judges = {
        message["name"]: asyncapi_judge(asyncapi, key)
        for key, message in asyncapi["components"]["messages"].items()
    }
    for name, told, line in variants():
        expected = envelope_violations(line) == () and line["event_name"] == name
        assert judges[name].is_valid(line) is expected, (name, told)


def test_the_asyncapi_job_message_names_its_job(asyncapi: Json) -> None:
    judge = asyncapi_judge(asyncapi, "JobMessage")
    [example] = asyncapi["components"]["messages"]["JobMessage"]["examples"]
    assert judge.is_valid(example["payload"])
    carrier = example["payload"]["carrier"] | {"job_id": None}
    assert not judge.is_valid({"carrier": carrier})


def test_the_asyncapi_correlation_ids_lead_into_the_payload(asyncapi: Json) -> None:
    for message in asyncapi["components"]["messages"].values():
        if "correlationId" in message:
            found: Any = message["examples"][0]["payload"]
            location = message["correlationId"]["location"]
            for step in location.removeprefix("$message.payload#/").split("/"):
                found = found[step]
            assert found is not None


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    envelopes = [*EXAMPLES.values(), *map(fixture, FIXTURES)]
    path.write_text("\n".join(json.dumps(envelope) for envelope in envelopes) + "\n\n")
    return path


def test_the_sdk_reads_every_line_as_a_cloudevent(lines: Path) -> None:
    result = run("--format", "cloudevents", str(lines))
    assert result.exit_code == 0, result.output
    written = result.stdout.splitlines()
    envelopes = [json.loads(line) for line in lines.read_text().split("\n") if line]
    schemas = {event.event_name: event.payload["$id"] for event in REGISTRY.events}
    for line, envelope in zip(written, envelopes, strict=True):
        event = JSONFormat().read(CloudEvent, line)
        assert event.get_specversion() == "1.0"
        assert event.get_id() == envelope["event_id"]
        assert event.get_type() == envelope["event_name"]
        assert event.get_time() == datetime.fromisoformat(envelope["occurred_at"])
        assert event.get_dataschema() == schemas[envelope["event_name"]]
        assert event.get_datacontenttype() == "application/json"
        assert event.get_data() == envelope["payload"]
        assert event.get_extension("requestid") == envelope["correlation"]["request_id"]
        assert event.get_extension("jobid") == envelope["correlation"]["job_id"]
        assert event.get_extension("jobrunid") == envelope["correlation"]["job_run_id"]
        assert event.get_extension("severity") == envelope["severity"]
        assert all(value is not None for value in event.get_attributes().values())


def test_a_cloudevent_names_its_source_and_subject(lines: Path) -> None:
    written = run("--format", "cloudevents", str(lines)).stdout.splitlines()
    search, layer = (JSONFormat().read(CloudEvent, line) for line in written[-2:])
    assert search.get_source() == "/ci/api/api-1"
    assert search.get_subject() == "01939f6e-2c1a-7aa0-8c41-d2b7e9f01234"
    assert layer.get_source() == "/ci/worker-enrich"
    assert layer.get_subject() == "01939f6e-2c1d-7000-8000-00000000000b"
    assert layer.get_extension("traceparent") == (
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-01"
    )
    assert layer.get_time() == datetime(2026, 11, 23, 15, 4, 6, tzinfo=UTC)


def test_a_source_is_a_uri_reference_whatever_the_actor_is_called() -> None:
    envelope = fixture(FIXTURES[0])
    envelope["actor"] |= {"env": "my lab", "host": "a/b?c#d%"}
    result = run("--format", "cloudevents", "-", stdin=json.dumps(envelope).encode())
    event = JSONFormat().read(CloudEvent, result.stdout)
    assert event.get_source() == "/my%20lab/api/a%2Fb%3Fc%23d%25"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", ":2: is not JSON"),
        (b"\xff", ":2: is not JSON"),
        (b'{"payload": NaN}', ":2: is not JSON (NaN is no JSON number)"),
        (b"[" * 100_000, ":2: is not JSON"),
        (b"7", ":2: $ breaks type"),
        (json.dumps(EXAMPLES["narralytica.job.created"] | {"severity": "hunter2"}), "$.severity"),
        (
            json.dumps(fixture(FIXTURES[0]) | {"event_name": "hunter2"}),
            ":2: $.event_name breaks enum",
        ),
        (
            json.dumps({k: v for k, v in fixture(FIXTURES[0]).items() if k != "event_id"}),
            ":2: $.event_id is missing",
        ),
    ],
    ids=["broken", "not UTF-8", "NaN", "deep", "number", "severity", "name", "no event_id"],
)
def test_a_line_that_cannot_be_exported_is_told_in_one_sentence(
    line: str | bytes, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    good = json.dumps(fixture(FIXTURES[0])).encode()
    path.write_bytes(good + b"\n" + (line if isinstance(line, bytes) else line.encode()) + b"\n")
    assert told in refused("--format", "cloudevents", str(path))


def test_wrong_use_is_told_in_one_sentence(tmp_path: Path) -> None:
    assert "none.jsonl: cannot be read" in refused(
        "--format", "cloudevents", str(tmp_path / "none.jsonl")
    )
    assert f"{tmp_path}: cannot be read" in refused("--format", "cloudevents", str(tmp_path))
    assert "needs FILES" in refused("--format", "cloudevents")
    assert "takes no FILES" in refused("--format", "asyncapi", "events.jsonl")


def test_a_broken_contract_is_told_in_one_sentence(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    path = tmp_path / "contracts/schemas/messages/carrier.schema.json"
    path.write_text("{")
    told = refused("--format", "asyncapi", "--root", str(tmp_path))
    assert "carrier.schema.json: is not JSON" in told


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1, "one sentence, no traceback"
    assert "hunter2" not in result.stderr
    return result.stderr

"""The OpenAPI document: valid, complete, and true to what the API does."""

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
import schemathesis
from jsonschema import Draft202012Validator

from tests.integration.example_rows import insert_examples
from tests.integration.lone_api import running_api
from tests.integration.running_stack import RunningStack

Operation = tuple[str, str, dict[str, Any]]

# What a job must be for an operation's example to be answered as it says.
STATUS_FOR = {"/jobs/{job_id}/retry": "failed", "/jobs/{job_id}/events": "completed"}


@pytest.fixture(scope="module")
def api(lone_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with running_api(lone_url, tmp_path_factory.mktemp("openapi")) as running:
        yield running


@pytest.fixture(scope="module")
def document(api: RunningStack) -> dict[str, Any]:
    fetched: dict[str, Any] = api.client.get("/openapi.json").json()
    return fetched


def operations(document: dict[str, Any]) -> list[Operation]:
    return [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def test_it_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(document).validate()
    for reference in references(document):
        assert_resolves(document, reference)
    for schema in document["components"]["schemas"].values():
        # OpenAPI 3.1 schemas are JSON Schema 2020-12.
        Draft202012Validator.check_schema(schema)
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids) == 12


def test_everything_has_a_description_and_an_example(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["description"], where
        for parameter in parameters(document, operation):
            assert parameter["description"], (where, parameter["name"])
            assert examples_of(parameter), (where, parameter["name"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert examples_of(content), where
        for status, response in operation["responses"].items():
            assert response["description"], (where, status)
            assert "X-Request-Id" in response["headers"], (where, status)
            assert bool(response.get("content")) is (status != "204"), (where, status)
            for content in response.get("content", {}).values():
                assert examples_of(content), (where, status)


def test_every_example_is_of_its_schema(document: dict[str, Any]) -> None:
    for _, _, operation in operations(document):
        bodies = operation.get("requestBody", {}).get("content", {})
        for parameter in parameters(document, operation):
            for example in examples_of(parameter):
                validator(document, parameter["schema"]).validate(example)
        for content in bodies.values():
            for example in examples_of(content):
                validator(document, content["schema"]).validate(example)
        for response in operation["responses"].values():
            for media_type, content in response.get("content", {}).items():
                for example in examples_of(content):
                    given = event(example) if media_type == "text/event-stream" else example
                    validator(document, content["schema"]).validate(given)


def test_problems_are_described_where_they_occur(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        responses = operation["responses"]
        assert "default" not in responses
        assert "503" in responses
        if "requestBody" in operation:
            assert {"413", "422"} <= set(responses)
        if "{" in path:
            assert "404" in responses
        for status, response in responses.items():
            if int(status) >= 400:
                [[media_type, content]] = response["content"].items()
                assert media_type == "application/problem+json"
                assert content["example"]["status"] == int(status), (method, path)
            if status in ("429", "503"):
                assert "Retry-After" in response["headers"]


def test_every_example_works(api: RunningStack, document: dict[str, Any], lone_url: str) -> None:
    sent = 0
    for method, path, operation in operations(document):
        for request in requests(document, method, path, operation):
            with psycopg.connect(lone_url) as connection:
                connection.execute("TRUNCATE documents, idempotency_keys CASCADE")
            insert_examples(lone_url, job_status=STATUS_FOR.get(path, "started"))
            answer = api.client.request(**request)
            assert_as_described(document, operation, answer)
            sent += 1
    assert sent > 40


def requests(
    document: dict[str, Any], method: str, path: str, operation: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The operation with each of its bodies, and with each example of each parameter alone."""
    own = parameters(document, operation)
    path = path.format_map({each["name"]: examples_of(each)[0] for each in own})
    needed = {each["name"]: examples_of(each)[0] for each in own if needed_in_query(each)}
    bodies = list(bodies_of(operation)) or [{}]
    for body in bodies:
        yield {"method": method, "url": path, "params": needed, **body}
    for parameter in own:
        for example in examples_of(parameter):
            request = {"method": method, "url": path, "params": needed, **bodies[0]}
            if parameter["in"] == "query":
                request["params"] = {**needed, parameter["name"]: example}
            elif parameter["in"] == "header":
                request["headers"] = {parameter["name"]: example}
            yield request


def needed_in_query(parameter: dict[str, Any]) -> bool:
    return parameter["in"] == "query" and parameter.get("required") is True


def bodies_of(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        for example in examples_of(content):
            if media_type == "application/json":
                yield {"json": example}
            else:
                fields = dict(example)
                file = fields.pop("file").encode()
                yield {"files": {"file": ("talk.vtt", file)}, "data": fields}


def assert_as_described(
    document: dict[str, Any], operation: dict[str, Any], answer: httpx.Response
) -> None:
    assert answer.status_code < 300, (answer.request.url, answer.text)
    response = operation["responses"][str(answer.status_code)]
    assert set(response["headers"]) <= {*map(canonical, answer.headers)}
    for media_type, content in response.get("content", {}).items():
        assert answer.headers["Content-Type"].partition(";")[0] == media_type
        given = event(answer.text) if media_type == "text/event-stream" else answer.json()
        validator(document, content["schema"]).validate(given)
        example = examples_of(content)[0]
        if media_type == "application/json":
            assert example.keys() == given.keys()


def canonical(header: str) -> str:
    return "-".join(part.capitalize() for part in header.split("-"))


def parameters(document: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
    shared = document["components"]["parameters"]
    return [
        shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in operation.get("parameters", [])
    ]


def examples_of(described: dict[str, Any]) -> list[Any]:
    if "example" in described:
        return [described["example"]]
    if "examples" in described:
        return [each["value"] for each in described["examples"].values()]
    return list(described.get("schema", {}).get("examples", []))


def event(text: str) -> dict[str, str]:
    """The first event of a stream."""
    lines = text.split("\n\n")[0].splitlines()
    return dict(line.split(": ", 1) for line in lines)


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(
        {**schema, "components": document["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def assert_resolves(document: dict[str, Any], reference: str) -> None:
    assert reference.startswith("#/")
    node: Any = document
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]

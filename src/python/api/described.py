"""How the OpenAPI document describes answers: their headers, an example, and every problem."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from api.access.scopes import OPEN
from api.middleware.body_limit import STALLED
from api.problems import MEDIA_TYPE, Problem

REQUEST_ID = "019ab3c1-5d2d-7e10-b2a7-8c4f1d6e9052"

Answers = dict[int | str, dict[str, Any]]

# What any operation but the health check may answer, whatever it does, with an example.
_ANYWHERE = {
    401: "This needs an API key: send it as Authorization: Bearer nk_….",
    403: "This API key lacks a scope.",
    421: "Without API keys, ask this machine under its own name: localhost or 127.0.0.1.",
    429: "That is too many requests. Come back when Retry-After says.",
    503: "The database cannot be reached. Try again.",
}
_WRONG = "query.limit: Input should be less than or equal to 100"
_TOO_LONG = "The request is longer than 33,554,432 bytes, which is the limit. Split what you send."

_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "names the request in everything that is told of it: the one that the "
        "client sent, if it was a UUID, else a new one",
        "schema": {"type": "string", "format": "uuid"},
        "example": REQUEST_ID,
    },
    "Retry-After": {
        "description": "seconds to wait before the next try",
        "schema": {"type": "integer", "minimum": 1},
        "example": 5,
    },
    "Location": {
        "description": "where to ask about the job",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/jobs/019ab3c1-5d30-7a55-8e02-61d4c0a9b321",
    },
}
_REQUEST_ID_PARAMETER = {
    "name": "X-Request-Id",
    "in": "header",
    "description": "a UUID of your own for the request; anything else is replaced, and the "
    "answer's header X-Request-Id-Replaced says so",
    "schema": {"type": "string"},
    "example": REQUEST_ID,
}


def answer(status: int, description: str, example: object) -> Answers:
    """Describe what an operation answers when it does what it was asked for."""
    headers = _headers("Location") if status == HTTPStatus.ACCEPTED else {}
    # As text for now: FastAPI would leave out what is null.
    content = {"application/json": {"example": json.dumps(example)}}
    return {status: {"description": description, "headers": headers, "content": content}}


def problems(details: Mapping[int, str]) -> Answers:
    """Describe problems: by status, an example of what their `detail` says."""
    return {status: _problem(status, detail) for status, detail in details.items()}


def describe(app: FastAPI) -> None:
    """Let the OpenAPI document of `app` tell what its middleware and error handlers answer."""
    generate: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(generate())
        return generate()

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> None:
    components = document["components"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["headers"] = _HEADERS
    components["parameters"] = {"X-Request-Id": _REQUEST_ID_PARAMETER}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete_operation(path, operation)


def _complete_operation(path: str, operation: dict[str, Any]) -> None:
    common = {503: _ANYWHERE[503]} if path == OPEN else dict(_ANYWHERE)
    if "requestBody" in operation:
        common[408] = STALLED
        common[413] = _TOO_LONG
    if "requestBody" in operation or operation.get("parameters"):
        common[422] = _WRONG
    described = {str(status): one for status, one in problems(common).items()}
    own = operation["responses"]
    if "HTTPValidationError" in str(own.get("422")):
        del own["422"]
    operation["responses"] = dict(sorted((described | own).items()))
    for one in operation["responses"].values():
        one["headers"] = {**_headers("X-Request-Id"), **one.get("headers", {})}
        content = one.get("content", {}).get("application/json", {})
        if "example" in content:
            content["example"] = json.loads(content["example"])
    own_parameters = operation.get("parameters", [])
    for parameter in own_parameters:
        _leave_out_null(parameter["schema"])
    every = {"$ref": "#/components/parameters/X-Request-Id"}
    operation["parameters"] = [*own_parameters, every]


def _leave_out_null(schema: dict[str, Any]) -> None:
    """Describe a parameter as it is sent: no text in a URL or a header is null."""
    forms = [form for form in schema.get("anyOf", ()) if form != {"type": "null"}]
    if len(forms) == 1:
        del schema["anyOf"]
        schema |= forms[0]


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problem(status: int, detail: str) -> dict[str, Any]:
    phrase = HTTPStatus(status).phrase
    example: dict[str, Any] = {
        "title": phrase,
        "status": status,
        "detail": detail,
        "request_id": REQUEST_ID,
    }
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and ": " in detail:
        location, _, reason = detail.partition(": ")
        example["errors"] = [{"location": location, "reason": reason}]
    schema = {"$ref": "#/components/schemas/Problem"}
    waits = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    return {
        "description": f"{phrase}: a problem (RFC 9457)",
        "headers": _headers("Retry-After") if waits else {},
        "content": {MEDIA_TYPE: {"schema": schema, "example": example}},
    }

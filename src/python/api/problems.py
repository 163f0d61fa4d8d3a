"""Errors as RFC 9457 problem details, each with the request id."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from procrastinate.exceptions import ConnectorException
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

import observability as obs
from api.trace_link import trace_url

MEDIA_TYPE = "application/problem+json"


class InvalidParameter(BaseModel):
    """One thing that is wrong with a request."""

    location: str = Field(description="where it is, for example query.limit")
    reason: str = Field(description="what is wrong with it")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(default="about:blank", description="the kind of problem")
    title: str = Field(description="the HTTP status, in words")
    status: int = Field(description="the HTTP status code")
    detail: str = Field(description="what is wrong, and what to do")
    request_id: str | None = Field(description="the id to ask about")
    trace_url: str | None = Field(
        default=None, description="where the explorer tells the story of the request"
    )
    errors: list[InvalidParameter] = Field(default=[], description="each thing that is wrong")


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error of `app` with problem details."""
    handlers: Mapping[type[Exception], Callable[[Request, Any], Awaitable[JSONResponse]]] = {
        HTTPException: _http_error,
        RequestValidationError: _invalid_request,
        psycopg.OperationalError: _database_away,
        psycopg.InterfaceError: _database_away,
        ConnectorException: _database_away,
        ClientDisconnect: _cut_off,
        Exception: _unexpected,
    }
    for error_type, handler in handlers.items():
        app.add_exception_handler(error_type, handler)


def problem(
    status: int,
    detail: str,
    *,
    errors: list[InvalidParameter] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return a problem answer to the current request."""
    request_id = obs.current_context().request_id
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=request_id,
        trace_url=trace_url(request_id),
        errors=errors or [],
    )
    return JSONResponse(
        body.model_dump(exclude_defaults=True), status, headers=headers, media_type=MEDIA_TYPE
    )


def internal_error() -> JSONResponse:
    """Return the answer to a request that met an error nobody expected."""
    return problem(500, "Something went wrong here. Quote the request id when you ask about it.")


def database_away() -> JSONResponse:
    """Return the answer to a request that the database is needed for, and cannot be reached."""
    return problem(
        503,
        "The database cannot be reached. Try again; with an Idempotency-Key, a request that "
        "changes something does so once.",
        headers={"Retry-After": "5"},
    )


async def _http_error(request: Request, error: HTTPException) -> JSONResponse:
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers |= _allowed(request)
    return problem(error.status_code, str(error.detail), headers=headers)


def _allowed(request: Request) -> dict[str, str]:
    """Return the header Allow for the whole path; a route knows its own methods alone."""
    path = getattr(request.scope.get("route"), "path", None)
    methods = request.app.openapi()["paths"].get(path, {})
    return {"Allow": ", ".join(sorted(map(str.upper, methods)))} if methods else {}


async def _invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    errors = [
        InvalidParameter(
            location=".".join(str(step) for step in item["loc"]), reason=str(item["msg"])
        )
        for item in error.errors()
    ]
    detail = "; ".join(f"{item.location}: {item.reason}" for item in errors)
    return problem(422, detail, errors=errors)


async def _database_away(request: Request, error: Exception) -> JSONResponse:
    request.state.error_type = obs.told_error(error).error_type
    return database_away()


async def _cut_off(request: Request, error: ClientDisconnect) -> JSONResponse:
    # Nobody reads it; without an answer it would count as an error of the API.
    return problem(400, "The request was cut off.")


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    return internal_error()

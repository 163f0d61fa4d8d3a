"""Every request gets its context and every response its `X-Request-Id`, whatever the app does."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from fastapi import BackgroundTasks, FastAPI, Query, Request
from fastapi.responses import StreamingResponse
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import observability as obs
from api.middleware.request_context import RequestContextMiddleware
from api.problems import install_problem_handlers
from observability.testing import CapturedEvents, capture
from tests.unit.kept_logging import kept_logging

CANONICAL = "0192f0c1-7a3b-7c4d-8e5f-0123456789ab"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.fixture(autouse=True)
def told() -> Iterator[CapturedEvents]:
    with capture(service_name="api") as captured:
        yield captured


def application() -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)

    @app.get("/fine")
    async def fine(request: Request, number: int = Query(0)) -> dict[str, Any]:
        ctx: obs.ObsContext = request.state.obs
        assert ctx == obs.current_context()
        return ctx.correlation()

    @app.post("/fine")
    async def upload(request: Request) -> dict[str, Any]:
        # The server stops reading, and goes on reading from within this request.
        await asyncio.sleep(0.05)
        await request.body()
        ctx: obs.ObsContext = request.state.obs
        return ctx.correlation()

    @app.get("/refused")
    async def refused() -> None:
        raise HTTPException(500, "refused")

    @app.get("/items/{item}")
    async def broken(item: str) -> None:
        raise KeyError(item)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            for _ in range(3):
                await asyncio.sleep(0)
                yield f"{obs.current_context().request_id}\n"

        return StreamingResponse(parts())

    return app


def wrapped(app: ASGIApp | None = None) -> RequestContextMiddleware:
    return RequestContextMiddleware(app or application())


def get(
    path: str = "/fine",
    *,
    method: str = "GET",
    headers: list[tuple[str, str | bytes]] | None = None,
    app: ASGIApp | None = None,
) -> httpx.Response:
    async def send() -> httpx.Response:
        async with client(wrapped(app)) as http:
            given = [(name.encode(), _bytes(value)) for name, value in headers or []]
            return await http.request(method, path, headers=given)

    return asyncio.run(send())


def client(app: ASGIApp) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/fine", 200),
        ("GET", "/stream", 200),
        ("GET", "/nowhere", 404),
        ("DELETE", "/fine", 405),
        ("HEAD", "/fine", 405),
        ("GET", "/fine?number=x", 422),
        ("GET", "/refused", 500),
        ("GET", "/items/1", 500),
        ("NONSENSE", "/fine", 405),
    ],
)
def test_every_answer_has_the_request_id(method: str, path: str, status: int) -> None:
    answer = get(path, method=method, headers=[("X-Request-Id", CANONICAL)])
    assert answer.status_code == status
    assert answer.headers.get_list("X-Request-Id") == [CANONICAL]
    assert "X-Request-Id-Replaced" not in answer.headers


def test_without_a_given_id_each_request_gets_one_of_its_own() -> None:
    ids = [get().headers["X-Request-Id"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert [str(UUID(value)) for value in ids] == ids


def test_no_id_given_is_no_id_replaced() -> None:
    assert "X-Request-Id-Replaced" not in get().headers


@pytest.mark.parametrize(
    "given",
    [
        CANONICAL,
        CANONICAL.upper(),
        CANONICAL.replace("-", ""),
        f"{{{CANONICAL}}}",
        f"urn:uuid:{CANONICAL}",
        f"URN:UUID:{CANONICAL}",
    ],
)
def test_a_uuid_in_any_usual_form_is_taken_and_given_back_canonical(given: str) -> None:
    answer = get(headers=[("X-Request-Id", given)])
    assert answer.headers["X-Request-Id"] == CANONICAL
    assert answer.json()["request_id"] == CANONICAL
    assert "X-Request-Id-Replaced" not in answer.headers


@pytest.mark.parametrize(
    "given",
    [
        "",
        "order-4711",
        CANONICAL[:-1],
        CANONICAL + "0",
        f"{{{CANONICAL}",
        CANONICAL.replace("-", "", 1),
        CANONICAL + "\x00",
        CANONICAL[:-1] + "\x01",
        CANONICAL[:-1] + "\n",
        "0x" + CANONICAL.replace("-", "")[2:],
        "+" + CANONICAL.replace("-", "")[1:],
        CANONICAL.replace("-", "")[:15] + "_" + CANONICAL.replace("-", "")[16:],
        CANONICAL.replace("0", "٠"),
        CANONICAL.replace("0", "０"),
        CANONICAL[:-1].encode() + b"\xff",
        "a" * (1 << 20),
        f"{CANONICAL}, {CANONICAL}",
    ],
)
def test_anything_else_is_replaced_and_never_echoed(
    given: str | bytes, told: CapturedEvents
) -> None:
    answer = get("/items/1", headers=[("X-Request-Id", given)])
    new = answer.headers["X-Request-Id"]
    assert str(UUID(new)) == new
    assert new != CANONICAL
    assert answer.headers["X-Request-Id-Replaced"] == "true"
    [event] = told.envelopes()
    assert event["correlation"]["request_id"] == new


def test_two_ids_are_as_good_as_none() -> None:
    answer = get(headers=[("X-Request-Id", CANONICAL), ("X-Request-Id", CANONICAL)])
    [new] = answer.headers.get_list("X-Request-Id")
    assert new != CANONICAL
    assert answer.headers["X-Request-Id-Replaced"] == "true"


FORMS = ("{}", "{{{}}}", "urn:uuid:{}", "URN:UUID:{}")

# One for all examples: it would cost more than they do.
APP = application()


def answer_to(*request_ids: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers that answer a request with these values of X-Request-Id (ASGI)."""
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/fine",
        "query_string": b"",
        "headers": [(b"x-request-id", each) for each in request_ids],
    }
    asyncio.run(wrapped(APP)(scope, receive, send))
    ours = (b"x-request-id", b"x-request-id-replaced")
    return [header for header in told[0]["headers"] if header[0] in ours]


@given(st.uuids(), st.sampled_from(FORMS), st.booleans(), st.booleans())
@settings(max_examples=50)
def test_any_uuid_is_taken(value: UUID, form: str, hex_only: bool, upper: bool) -> None:
    digits = value.hex if hex_only else str(value)
    written = form.format(digits.upper() if upper else digits)
    assert answer_to(written.encode()) == [(b"x-request-id", str(value).encode())]


@given(st.binary() | st.text().map(str.encode) | st.from_regex(r"[0-9a-f-]{30,40}").map(str.encode))
@settings(max_examples=100)
def test_any_bytes_are_taken_in_canonical_form_or_replaced(value: bytes) -> None:
    [(_, answered), *replaced] = answer_to(value)
    assert str(UUID(answered.decode())).encode() == answered
    if replaced:
        assert replaced == [(b"x-request-id-replaced", b"true")]
        assert answered not in value
    else:
        assert answered.replace(b"-", b"") in value.lower().replace(b"-", b"")


@given(st.lists(st.uuids().map(lambda value: str(value).encode()), min_size=2, max_size=5))
@settings(max_examples=25)
def test_any_number_of_ids_but_one_is_replaced(values: list[bytes]) -> None:
    [(_, answered), replaced] = answer_to(*values)
    assert answered not in values
    assert replaced == (b"x-request-id-replaced", b"true")


def test_an_app_cannot_answer_with_another_id() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"x-request-id", b"mine"), (b"x-request-id", b"too")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    answer = get(app=app, headers=[("X-Request-Id", CANONICAL)])
    assert answer.headers.get_list("X-Request-Id") == [CANONICAL]


def test_a_traceparent_is_joined_with_a_span_of_our_own() -> None:
    found = get(headers=[("traceparent", f"00-{TRACE}-{SPAN}-01")]).json()
    assert found["trace_id"] == TRACE
    assert found["span_id"] not in (None, SPAN)


@pytest.mark.parametrize("given", ["", "nonsense", f"00-{'0' * 32}-{SPAN}-01", "00-\xff"])
def test_a_malformed_traceparent_begins_a_new_trace(given: str) -> None:
    found = get(headers=[("traceparent", given)]).json()
    assert len(found["trace_id"]) == 32
    assert set(found["trace_id"]) != {"0"}


def test_an_unexpected_error_is_a_problem_that_tells_nothing_and_one_event(
    told: CapturedEvents,
) -> None:
    answer = get("/items/secret", headers=[("X-Request-Id", CANONICAL)])
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == CANONICAL
    assert "secret" not in answer.text
    [event] = told.envelopes()
    assert event["event_name"] == "narralytica.request.failed"
    assert event["correlation"]["request_id"] == CANONICAL
    assert event["payload"]["error_type"] == "KeyError"
    assert event["payload"]["route"] == "/items/{item}"
    assert event["payload"]["status_code"] == 500


def test_a_500_that_a_route_chose_is_told_once_too(told: CapturedEvents) -> None:
    get("/refused")
    [event] = told.envelopes()
    assert event["payload"]["status_code"] == 500


@pytest.mark.parametrize("path", ["/fine", "/nowhere", "/fine?number=x"])
def test_an_answer_below_500_is_no_failure(told: CapturedEvents, path: str) -> None:
    get(path)
    assert told.lines == []


def test_an_app_that_raises_before_it_answers_is_answered_for(told: CapturedEvents) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("secret")

    answer = get(app=app, method="BREW")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert "secret" not in answer.text
    [event] = told.envelopes()
    assert event["payload"]["method"] == "_OTHER"
    assert event["payload"]["error_type"] == "RuntimeError"
    assert "route" not in event["payload"]


@pytest.mark.parametrize(("status", "events"), [(200, 0), (503, 1)])
def test_an_app_that_raises_after_its_answer_began_is_not_answered_for_again(
    told: CapturedEvents, status: int, events: int
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        raise RuntimeError

    answer = get(app=app, headers=[("X-Request-Id", CANONICAL)])
    assert answer.status_code == status
    assert answer.headers["X-Request-Id"] == CANONICAL
    assert len(told.lines) == events


def test_the_error_goes_on_to_the_server() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("for the server")

    async def send() -> None:
        transport = httpx.ASGITransport(app=wrapped(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            await http.get("/")

    with pytest.raises(RuntimeError, match="for the server"):
        asyncio.run(send())


def test_a_stream_stays_in_its_context() -> None:
    answer = get("/stream", headers=[("X-Request-Id", CANONICAL)])
    assert answer.text.split() == [CANONICAL] * 3


def test_what_is_no_http_passes_through() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    asyncio.run(wrapped(app)({"type": "lifespan"}, _never, _never))
    assert seen == ["lifespan"]


def test_contexts_do_not_leak_between_interleaved_requests() -> None:
    app, later = FastAPI(), dict[str, str | None]()

    def note(given: str) -> None:
        later[given] = obs.current_context().request_id

    @app.get("/async/{given}")
    async def asynchronous(given: str, tasks: BackgroundTasks) -> list[str | None]:
        tasks.add_task(note, given)
        before = obs.current_context().request_id
        await asyncio.sleep(0.001)
        return [before, obs.current_context().request_id]

    @app.get("/sync/{given}")
    def synchronous(given: str, tasks: BackgroundTasks) -> list[str | None]:
        tasks.add_task(note, given)
        return [obs.current_context().request_id]

    ids = [str(uuid4()) for _ in range(300)]

    async def send() -> list[httpx.Response]:
        async with client(wrapped(app)) as http:
            return await asyncio.gather(
                *(
                    http.get(
                        f"/{'sync' if number % 3 else 'async'}/{given}",
                        headers={"X-Request-Id": given},
                    )
                    for number, given in enumerate(ids)
                )
            )

    answers = asyncio.run(send())
    assert [answer.headers["X-Request-Id"] for answer in answers] == ids
    assert [set(answer.json()) for answer in answers] == [{given} for given in ids]
    assert later == {given: given for given in ids}
    assert obs.current_context().request_id is None


@pytest.fixture
def port(told: CapturedEvents) -> Iterator[int]:
    """The port of a real server, set up as a service is."""
    with kept_logging():
        obs.configure(
            service_name="api",
            service_version="0.1.0",
            sinks=(told,),
            environment={"OBS_VALIDATE_STRICT": "true"},
            library_logs=True,
        )
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            with running_server(listening):
                yield listening.getsockname()[1]


@contextmanager
def running_server(listening: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(wrapped(), log_config=None, access_log=False, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    deadline_s = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    yield
    server.should_exit = True
    thread.join(30)


def asked(port: int, *headers: bytes, path: bytes = b"/fine") -> bytes:
    """Return the bytes that answer a request with these lines of headers."""
    lines = (b"GET %b HTTP/1.1" % path, b"Host: test", b"Connection: close", *headers, b"", b"")
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(b"\r\n".join(lines))
            while part := connection.recv(65536):
                answer += part
        except ConnectionError:
            # The server has refused what it did not read to its end.
            return answer
    return answer


@pytest.mark.parametrize("sent", [CANONICAL, CANONICAL.upper(), f"{{{CANONICAL}}}"])
def test_over_a_socket_a_uuid_is_given_back_canonical(port: int, sent: str) -> None:
    answer = asked(port, b"X-Request-Id: %b" % sent.encode())
    assert b"\r\nx-request-id: %b\r\n" % CANONICAL.encode() in answer
    assert b"replaced" not in answer


def test_requests_of_one_connection_have_traces_of_their_own(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
        first = http.post("/fine", content=bytes(1 << 20)).json()
        found = [first, *(http.get("/fine").json() for _ in range(2))]
    assert len({each["trace_id"] for each in found}) == 3
    assert len({each["request_id"] for each in found}) == 3


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x01canary",
        b"canary\x7f",
        b"canary\x1b[31m",
        b"canary" * 9_000,
        "canary٠".encode(),
        b"canary\r\n folded",
        CANONICAL.encode() + b"\r\nX-Request-Id: " + CANONICAL.encode(),
    ],
)
def test_over_a_socket_anything_else_is_replaced(port: int, sent: bytes) -> None:
    answer = asked(port, b"X-Request-Id: " + sent)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.count(b"\r\nx-request-id: ") == 1
    assert b"\r\nx-request-id-replaced: true\r\n" in answer
    assert b"canary" not in answer
    assert CANONICAL.encode() not in answer


@pytest.mark.parametrize("sent", [b"canary\x00", b"canary\x0b", b"canary" * 200_000])
def test_what_is_no_http_the_server_refuses_and_tells(
    port: int, told: CapturedEvents, capfd: pytest.CaptureFixture[str], sent: bytes
) -> None:
    answer = asked(port, b"X-Request-Id: " + sent)
    assert answer.startswith(b"HTTP/1.1 400 ") or not answer
    assert b"canary" not in answer
    [event] = told.envelopes()
    assert event["event_name"] == "narralytica.library.logged"
    assert event["payload"]["logger_name"] == "uvicorn.error"
    assert "canary" not in str(event)
    assert capfd.readouterr() == ("", "")


def test_an_error_that_reaches_the_server_is_told_with_the_request_and_no_text(
    port: int, told: CapturedEvents, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = asked(port, b"X-Request-Id: " + CANONICAL.encode(), path=b"/items/canary?canary=1")
    assert answer.startswith(b"HTTP/1.1 500 ")
    failed, logged = told.envelopes()
    assert failed["event_name"] == "narralytica.request.failed"
    assert logged["event_name"] == "narralytica.library.logged"
    assert failed["correlation"]["request_id"] == logged["correlation"]["request_id"] == CANONICAL
    assert logged["payload"]["error_type"] == "KeyError"
    assert b"canary" not in b"".join(told.lines)
    assert capfd.readouterr() == ("", "")


async def _never(*arguments: Any) -> Any:
    raise AssertionError("nobody receives or sends anything here")

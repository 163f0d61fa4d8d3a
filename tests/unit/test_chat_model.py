"""A chat model behind a real server on loopback, which also misbehaves."""

import email.utils
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from store.model import Segment
from workers.enrich.chat_model import (
    ChatModel,
    ModelRefused,
    ModelUnavailable,
)
from workers.enrich.layers.written_summary import LONGEST_PART, WrittenSummaryLayer
from workers.runtime.settings import InvalidSetting


@dataclass(slots=True)
class Server:
    """Answers each request with the next of `answers`: status, headers, body."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    hang: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append({"path": self.path, **json.loads(body)})
            state.keys.append(self.headers["Authorization"])
            if not state.answers:
                state.hang.wait(60)
                return
            status, headers, answer = state.answers.pop(0)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        thread = threading.Thread(target=http_server.serve_forever)
        thread.start()
        state.url = f"http://127.0.0.1:{http_server.server_port}/v1"
        yield state
        state.hang.set()
        http_server.shutdown()
        thread.join()


def completion(text: object, **usage: object) -> tuple[int, dict[str, str], bytes]:
    body: dict[str, object] = {"choices": [{"message": {"role": "assistant", "content": text}}]}
    if usage:
        body["usage"] = usage
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def test_it_asks_as_the_api_wants_and_counts_tokens(server: Server) -> None:
    server.answers = [completion(" Short. ", prompt_tokens=40, completion_tokens=2)]
    answer = ChatModel(server.url, "small", "secret").answer("Be short.", "Long.", most_tokens=9)
    assert (answer.text, answer.tokens_in, answer.tokens_out) == ("Short.", 40, 2)
    [request] = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert (request["model"], request["max_tokens"], request["temperature"]) == ("small", 9, 0)
    assert [message["content"] for message in request["messages"]] == ["Be short.", "Long."]
    assert server.keys == ["Bearer secret"]


def test_a_server_that_counts_no_tokens_is_believed(server: Server) -> None:
    server.answers = [completion("Short.")]
    answer = ChatModel(server.url, "small").answer("", "Long.", most_tokens=9)
    assert (answer.tokens_in, answer.tokens_out) == (None, None)
    assert server.keys == [None]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_an_overloaded_server_is_left_alone_for_as_long_as_it_asks(
    server: Server, status: int
) -> None:
    server.answers = [(status, {"Retry-After": "17"}, b"")]
    with pytest.raises(ModelUnavailable, match=str(status)) as raised:
        ChatModel(server.url, "small").answer("", "Long.", most_tokens=9)
    assert raised.value.retry_after_s == 17


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        (email.utils.formatdate(time.time() + 500, usegmt=True), 1, 501),
        (email.utils.formatdate(0, usegmt=True), 0, 0),
        ("soon", 0, 0),
        ("-5", 0, 0),
        ("9" * 5000, 1, 1e9),
        ("Mon, 99 Foo 99999 99:99:99 GMT", 0, 0),
    ],
)
def test_retry_after_may_be_a_date_or_nonsense(
    server: Server, header: str, low: float, high: float
) -> None:
    server.answers = [(429, {"Retry-After": header}, b"")]
    with pytest.raises(ModelUnavailable) as raised:
        ChatModel(server.url, "small").answer("", "Long.", most_tokens=9)
    assert low <= raised.value.retry_after_s <= high


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404])
def test_what_would_be_refused_again_is_final(server: Server, status: int) -> None:
    server.answers = [(status, {"Location": server.url}, b"the secret of a user")]
    with pytest.raises(ModelRefused, match=str(status)) as raised:
        ChatModel(server.url, "small", "secret").answer("", "Long.", most_tokens=9)
    assert "secret" not in str(raised.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>the secret of a user</html>",
        b"[]",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": null}}]}',
        b'{"choices": [{"message": {"content": "a"}}], "usage": {"prompt_tokens": -1}}',
        b"\xff\xfe",
        b'{"choices": [{"message": {"content": "cut o',
        b'"' + b"x" * (2 << 20) + b'"',
    ],
)
def test_nonsense_is_no_answer_and_is_not_quoted(server: Server, body: bytes) -> None:
    server.answers = [(200, {}, body)]
    with pytest.raises(ModelUnavailable) as raised:
        ChatModel(server.url, "small").answer("", "Long.", most_tokens=9)
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_server_that_hangs_is_given_up(server: Server) -> None:
    with pytest.raises(ModelUnavailable, match="too long"):
        ChatModel(server.url, "small", timeout_s=0.2).answer("", "Long.", most_tokens=9)


def test_a_server_that_is_away_is_unavailable() -> None:
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        ChatModel("http://127.0.0.1:9", "small").answer("", "Long.", most_tokens=9)


def test_a_long_transcript_is_summarised_in_parts(server: Server) -> None:
    server.answers = [
        completion("First part.", prompt_tokens=10, completion_tokens=1),
        completion("Second part.", prompt_tokens=20, completion_tokens=2),
        completion("All of it.", prompt_tokens=3, completion_tokens=3),
    ]
    segments = [Segment(text="word " * (LONGEST_PART // 15)) for _ in range(3)]
    result = WrittenSummaryLayer(ChatModel(server.url, "small")).apply(segments)
    assert result.document_value == {"text": "All of it."}
    assert (result.tokens_in, result.tokens_out) == (33, 6)
    assert result.values == [None] * 3
    sent = [request["messages"][1]["content"] for request in server.requests]
    assert sent[2] == "First part.\nSecond part."
    assert all(len(part) <= LONGEST_PART for part in sent)


def test_an_empty_transcript_asks_nobody(server: Server) -> None:
    result = WrittenSummaryLayer(ChatModel(server.url, "small")).apply([Segment(text=" ")])
    assert result.document_value == {"text": ""}
    assert server.requests == []


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"ENRICH_BASE_URL": "http://127.0.0.1"}, "ENRICH_MODEL"),
        ({"ENRICH_MODEL": "small"}, "ENRICH_BASE_URL"),
        ({"ENRICH_BASE_URL": "file:///etc", "ENRICH_MODEL": "small"}, "ENRICH_BASE_URL"),
        ({"ENRICH_BASE_URL": "http://", "ENRICH_MODEL": "small"}, "ENRICH_BASE_URL"),
        (
            {"ENRICH_BASE_URL": "http://a", "ENRICH_MODEL": "b", "ENRICH_TIMEOUT_S": "nan"},
            "ENRICH_TIMEOUT_S",
        ),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidSetting, match=named):
        ChatModel.from_environment(settings)
    assert ChatModel.from_environment({}) is None

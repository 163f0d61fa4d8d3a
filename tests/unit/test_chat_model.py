"""A chat model behind a real server on loopback, which also misbehaves."""

import email.utils
import time
from collections.abc import Iterator

import pytest

from store.model import Segment
from tests.chat_server import ChatServer, chat_server, completion
from workers.enrich.chat_model import (
    ChatModel,
    ModelRefused,
    ModelUnavailable,
)
from workers.enrich.layers.written_summary import LONGEST_PART, WrittenSummaryLayer
from workers.runtime.settings import InvalidSetting


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


def test_it_asks_as_the_api_wants_and_counts_tokens(server: ChatServer) -> None:
    server.replies = [completion(" Short. ", prompt_tokens=40, completion_tokens=2)]
    answer = ChatModel(server.url, "small", "secret").answer("Be short.", "Long.", most_tokens=9)
    assert (answer.text, answer.tokens_in, answer.tokens_out) == ("Short.", 40, 2)
    [request] = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert (request["model"], request["max_tokens"], request["temperature"]) == ("small", 9, 0)
    assert [message["content"] for message in request["messages"]] == ["Be short.", "Long."]
    assert server.keys == ["Bearer secret"]


def test_a_server_that_counts_no_tokens_is_believed(server: ChatServer) -> None:
    server.replies = [completion("Short.")]
    answer = ChatModel(server.url, "small").answer("", "Long.", most_tokens=9)
    assert (answer.tokens_in, answer.tokens_out) == (None, None)
    assert server.keys == [None]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_an_overloaded_server_is_left_alone_for_as_long_as_it_asks(
    server: ChatServer, status: int
) -> None:
    server.replies = [(status, {"Retry-After": "17"}, b"")]
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
    server: ChatServer, header: str, low: float, high: float
) -> None:
    server.replies = [(429, {"Retry-After": header}, b"")]
    with pytest.raises(ModelUnavailable) as raised:
        ChatModel(server.url, "small").answer("", "Long.", most_tokens=9)
    assert low <= raised.value.retry_after_s <= high


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404])
def test_what_would_be_refused_again_is_final(server: ChatServer, status: int) -> None:
    server.replies = [(status, {"Location": server.url}, b"the secret of a user")]
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
def test_nonsense_is_no_answer_and_is_not_quoted(server: ChatServer, body: bytes) -> None:
    server.replies = [(200, {}, body)]
    with pytest.raises(ModelUnavailable) as raised:
        ChatModel(server.url, "small").answer("", "Long.", most_tokens=9)
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_server_that_says_more_than_it_was_asked_for_is_given_up(server: ChatServer) -> None:
    server.last = completion("word " * LONGEST_PART)
    layer = WrittenSummaryLayer(ChatModel(server.url, "small"))
    with pytest.raises(ModelUnavailable, match="too long"):
        layer.apply([Segment(text="Short.")] * 2)
    assert len(server.requests) == 1


def test_a_server_that_hangs_is_given_up(server: ChatServer) -> None:
    with pytest.raises(ModelUnavailable, match="too long"):
        ChatModel(server.url, "small", timeout_s=0.2).answer("", "Long.", most_tokens=9)


def test_a_server_that_is_away_is_unavailable() -> None:
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        ChatModel("http://127.0.0.1:9", "small").answer("", "Long.", most_tokens=9)


def test_a_long_transcript_is_summarised_in_parts(server: ChatServer) -> None:
    server.replies = [
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


def test_an_empty_transcript_asks_nobody(server: ChatServer) -> None:
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

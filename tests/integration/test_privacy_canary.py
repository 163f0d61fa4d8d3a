"""What a user gives is in no event and on no byte that a service writes.

Every field that a user controls gets words of its own, which nothing else holds; the real API and
the real workers, and one whose provider fails, take them in.
"""

import base64
import io
import signal
import socket
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from explorer.lines import InvalidLine
from stack.launch import free_port, wait_until_healthy
from stack.processes import Folders, Service, running_services
from tests.integration.running_stack import RunningStack, wait_until

TRACEPARENT = f"00-{'4bf92f3577b34da6a3ce929d0e0e4736'}-00f067aa0ba902b7-01"
PROVIDERS_WORDS = "the secret words of a user"
TRIGGERS = """
CREATE TABLE canary (source text, line text);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO canary VALUES (TG_TABLE_NAME, to_jsonb(NEW)::text); RETURN NULL;
END $$;
CREATE TRIGGER keep AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION keep();
CREATE TRIGGER keep AFTER INSERT ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION keep();
"""


@dataclass(frozen=True, slots=True)
class Canaries:
    """Words that stand for what users give, by the field that they were put into."""

    words: dict[str, str] = field(default_factory=dict)

    def __call__(self, place: str) -> str:
        """Return the word for a field: a letter first, then nothing that anyone would escape."""
        return self.words.setdefault(place, f"canary{uuid4().hex}")

    def seen_in(self, written: bytes) -> list[str]:
        """Return the fields whose word stands in what was written."""
        text = written.lower()
        return [place for place, word in self.words.items() if word.encode() in text]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What has happened: the stack that took the canaries in, and what its database was told."""

    stack: RunningStack
    canaries: Canaries
    database_url: str

    def written(self) -> dict[str, bytes]:
        """Return every byte that the services wrote, by the file."""
        folders = self.stack.folders
        paths = [*folders.events.iterdir(), *folders.logs.iterdir()]
        return {path.name: path.read_bytes() for path in paths}

    def kept(self, table: str) -> bytes:
        """Return all that was ever put into a table, though it is deleted by now."""
        with psycopg.connect(self.database_url) as connection:
            cursor = connection.execute("SELECT line FROM canary WHERE source = %s", [table])
            return "\n".join(line for [line] in cursor).encode()


@pytest.fixture(scope="module")
def keeping_database_url(database_url: str) -> Iterator[str]:
    """The database, which keeps for the while what is put into the outbox and the queue."""
    with psycopg.connect(database_url) as connection:
        connection.execute(TRIGGERS)
    yield database_url
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP FUNCTION keep CASCADE; DROP TABLE canary")


@pytest.fixture(scope="module")
def scene(keeping_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    url, canaries, folder = keeping_database_url, Canaries(), tmp_path_factory.mktemp("canary")
    folders, port = Folders.below(folder), free_port()
    with (
        pytest.MonkeyPatch.context() as patch,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        patch.setenv("OBS_HASH_KEY", canaries("hash key"))
        with running_services(url, folders, port=port) as services:
            wait_until_healthy(client, services)
            stack = RunningStack(client=client, services=services, folders=folders)
            document_ids = _ingest(stack, canaries)
            _search(stack, canaries)
            _send_nonsense(stack, canaries)
            _send_no_http(port, canaries)
            _meet_a_failing_provider(stack, document_ids[0], folder)
        yield Scene(stack=stack, canaries=canaries, database_url=url)


def _ingest(stack: RunningStack, canaries: Canaries) -> list[str]:
    """Send media with canaries in all their parts through the pipeline; return the documents."""
    bodies: list[tuple[str, bytes]] = [
        ("vtt", _captions(canaries)),
        ("srt", f"1\n00:00:00,000 --> 00:00:04,000\n{canaries('srt')}: Hello there.\n".encode()),
        ("txt", f"{canaries('speaker')}: {canaries('transcript')} wrote letters.\n".encode()),
        ("wav", _recording(canaries("tag"))),
        ("broken vtt", f"WEBVTT\n\n99:99 --> {canaries('time')}\n{canaries('cue')}".encode()),
        ("broken wav", _recording(canaries("broken tag"))[:90] + canaries("noise").encode()),
        ("noise", bytes(range(256)) * 4 + canaries("noise in between").encode()),
        ("invalid UTF-8", b"\xff\xfe\x00" + canaries("invalid").encode() + b"\xed\xa0\x80"),
    ]
    answers = [
        stack.request(
            "POST",
            "/ingest",
            files={"file": (canaries(f"name of {kind}"), body)},
            data={"title": canaries(f"title of {kind}"), "more": canaries(f"part of {kind}")},
            headers=_headers(canaries, kind),
        )
        for kind, body in bodies
    ]
    json = {"text": f"{canaries('text')} was here.", "title": canaries("title in JSON")}
    answers.append(stack.request("POST", "/ingest", json=json))
    statuses = {answer.status_code for answer in answers}
    assert statuses == {202}
    ended = {
        kind: stack.finished(answer.json()["job_id"])["status"]
        for kind, answer in zip([*dict(bodies), "json"], answers, strict=True)
    }
    assert {ended[kind] for kind in ("vtt", "srt", "txt", "wav", "json")} == {"completed"}
    assert "failed" in ended.values()
    return [answer.json()["document_id"] for answer in answers]


def _captions(canaries: Canaries) -> bytes:
    return (
        f"WEBVTT {canaries('vtt header')}\n\nNOTE {canaries('vtt note')}\n\n"
        f"{canaries('cue id')}\n00:00.000 --> 00:04.000 align:{canaries('cue setting')}\n"
        f"<v {canaries('voice')}>The keeper wrote {canaries('caption')} letters.\n"
    ).encode()


def _recording(tag: str) -> bytes:
    """Return a second of silence in a WAV file that names its artist."""
    recording = io.BytesIO()
    with wave.open(recording, "wb") as audio:
        audio.setparams((1, 2, 16000, 0, "NONE", ""))
        audio.writeframes(bytes(32000))
    chunk = b"INFOIART" + len(tag).to_bytes(4, "little") + tag.encode()
    tagged = recording.getvalue() + b"LIST" + len(chunk).to_bytes(4, "little") + chunk
    return tagged[:4] + (len(tagged) - 8).to_bytes(4, "little") + tagged[8:]


def _headers(canaries: Canaries, of: str) -> dict[str, str]:
    """Return headers of a request that is accepted; the tracestate is to be passed on."""
    return {
        "X-Request-Id": canaries(f"X-Request-Id of {of}"),
        "traceparent": TRACEPARENT,
        "tracestate": f"vendor={canaries('tracestate')}",
        "baggage": f"user={canaries('baggage')}",
        "User-Agent": canaries("User-Agent"),
        "Authorization": f"Bearer {canaries('token')}",
        "Cookie": f"session={canaries('cookie')}",
        "Referer": f"http://user:{canaries('password of Referer')}@example.org/",
        "X-Forwarded-For": canaries("X-Forwarded-For"),
        canaries("header"): "its name",
    }


def _search(stack: RunningStack, canaries: Canaries) -> None:
    headers = _headers(canaries, "search")
    for mode in ("lexical", "vector", "hybrid"):
        query = {"q": f"letters {canaries('query')}", "mode": mode, "speaker": canaries("filter")}
        answer = stack.request("GET", "/search", params=query, headers=headers)
        assert answer.status_code == 200
    unknown = {canaries("parameter"): "its name"}
    for refused in (
        {"mode": canaries("mode")},
        {"limit": canaries("limit")},
        {"cursor": canaries("cursor")},
        {"q": "x\x00"},
        unknown,
    ):
        query = {"q": canaries("refused query"), **refused}
        assert stack.request("GET", "/search", params=query).status_code == 422


def _send_nonsense(stack: RunningStack, canaries: Canaries) -> None:
    """Send what the API refuses."""
    json = {"Content-Type": "application/json"}
    body = canaries("body")
    for path in ("/ingest", "/jobs"):
        for content in (f'{{"text": "{body}', f'"{body}"', f'{{"{body}": 1}}', f"[{body}]", body):
            stack.request("POST", path, content=content, headers=json)
    typed = {"Content-Type": f"text/{canaries('media type')}"}
    multipart = {"Content-Type": f"multipart/form-data; boundary={canaries('boundary')}"}
    stack.request("POST", "/ingest", content=body, headers=typed)
    stack.request("POST", "/ingest", content=body, headers=multipart)
    job = {"document_id": canaries("document id"), "job_type": canaries("job type")}
    stack.request("POST", "/jobs", json=job)
    stack.request("GET", f"/jobs/{canaries('job id')}?token={canaries('token in a URL')}")
    stack.request("GET", f"/{canaries('path')}/%00/../{canaries('path below')}")
    stack.request(canaries("method").upper(), "/search")
    credentials = ("any", canaries("password"))
    canaries.words["credentials"] = (
        base64.b64encode(":".join(credentials).encode()).decode().lower()
    )
    stack.request("GET", "/health", auth=credentials)
    stack.request("GET", "/health", headers={"traceparent": canaries("traceparent")})
    stack.request("GET", "/health", headers={"Host": canaries("Host")})
    spoilt = {"traceparent": TRACEPARENT, "tracestate": f"=,{canaries('malformed tracestate')}"}
    stack.request("GET", "/health", headers=spoilt)
    upgrade = {"Connection": "Upgrade", "Upgrade": canaries("Upgrade")}
    stack.request("GET", "/health", headers=upgrade)
    sockets = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    stack.request("GET", f"/{canaries('WebSocket')}", headers=sockets)
    refused = [answer.status_code for answer in stack.responses if answer.status_code >= 400]
    assert len(refused) > 15
    assert max(refused) < 500


def _send_no_http(port: int, canaries: Canaries) -> None:
    """Send what the server itself refuses, before the API sees it."""
    word = canaries("no HTTP")
    heads = (
        f"{word}\r\n\r\n",
        f"GET /{word} HTTP/9.9\r\n\r\n",
        f"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {word}\x00\r\n\r\n",
        f"GET /health HTTP/1.1\r\nHost: localhost\r\n{word}\r\n\r\n",
        f"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {word}{'a' * 200_000}\r\n\r\n",
        f"POST /ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: {word}\r\n\r\n",
        f"POST /ingest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{word}\r\n",
        f"POST /ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{word}",
    )
    for head in heads:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            try:
                connection.sendall(head.encode())
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(65536)
            except ConnectionError:
                continue
            assert word.encode() not in answer


def _meet_a_failing_provider(stack: RunningStack, document_id: str, folder: Path) -> None:
    """Let a worker take the place of enrich whose provider raises with a user's words."""
    process = stack.service("worker-enrich").process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: process.poll() is not None, "the worker ends")
    service = Service(
        name="worker-enrich-failing",
        module="tests.integration.scripted_worker",
        arguments=("enrich", str(folder), "raise", "refuse"),
        environment={**stack.service("worker-enrich").environment},
        folders=stack.folders,
    )
    service.start()
    assert service.process is not None
    try:
        body = {"document_id": document_id, "job_type": "enrich"}
        accepted = stack.request("POST", "/jobs", json=body)
        view = stack.finished(accepted.json()["job_id"])
    finally:
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(30)
    assert [run["error_type"] for run in view["runs"]] == ["ConnectionError", "Unsuitable"]


def test_no_service_writes_what_a_user_gave(scene: Scene) -> None:
    assert len(scene.canaries.words) > 60
    found = {name: scene.canaries.seen_in(written) for name, written in scene.written().items()}
    assert {name: places for name, places in found.items() if places} == {}
    assert not [name for name, text in scene.written().items() if PROVIDERS_WORDS.encode() in text]


def test_services_write_events_and_nothing_else(scene: Scene) -> None:
    assert [line for line in scene.stack.lines() if isinstance(line, InvalidLine)] == []
    said = {path.name: path.read_text() for path in scene.stack.folders.logs.iterdir()}
    assert {name: text for name, text in said.items() if text} == {}


def test_what_libraries_logged_is_told_by_events(scene: Scene) -> None:
    told = [event for event in scene.stack.events() if event.event_name.endswith("library.logged")]
    assert "uvicorn.error" in {event.payload["logger_name"] for event in told}


def test_the_outbox_never_held_what_a_user_gave(scene: Scene) -> None:
    kept = scene.kept("outbox")
    assert kept.count(b"narralytica.") > 50
    assert scene.canaries.seen_in(kept) == []


def test_messages_pass_on_the_tracestate_and_nothing_else(scene: Scene) -> None:
    kept = scene.kept("procrastinate_jobs")
    assert scene.canaries.seen_in(kept) == ["tracestate"]


def test_answers_tell_nobody_what_headers_held(scene: Scene) -> None:
    headers = "\n".join(str(answer.headers.multi_items()) for answer in scene.stack.responses)
    assert scene.canaries.seen_in(headers.encode()) == []
    replaced = [each for each in scene.stack.responses if "X-Request-Id-Replaced" in each.headers]
    assert len(replaced) == 8 + 3

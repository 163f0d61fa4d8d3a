"""What clients send who mean no good: other formats, playlists, and pieces of query languages."""

import io
import os
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.running_stack import RunningStack
from tests.integration.test_api import assert_is_problem

BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(
        f'<!ENTITY {b} "{10 * f"&{a};"}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><lolz>&i;</lolz>"
)


def zip_bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(10_000_000))
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(9), "program"),
        (b"MZ\x90\x00\x03" + bytes(59), "program"),
        (b"\xcf\xfa\xed\xfe" + bytes(28), "program"),
        (b"\x00asm\x01\x00\x00\x00", "program"),
        (b"#!/bin/sh\nrm -rf /\n", "program"),
        (zip_bomb(), "archive"),
        (b"\x1f\x8b\x08" + bytes(20), "archive"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(20), "archive"),
        (b"name".ljust(257, b"\x00") + b"ustar\x00" + bytes(200), "archive"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20), "office"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image"),
        (b"GIF89a" + bytes(20), "image"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image"),
        (b"\x00\x00\x00\x20ftypavif" + bytes(20), "image"),
        (b"SQLite format 3\x00", "database"),
        (BILLION_LAUGHS.encode(), "XML"),
        (b'<?xml version="1.0"?><a/>', "XML"),
        (BILLION_LAUGHS.encode("utf-16"), "XML"),
        (b'\xef\xbb\xbf \n<svg xmlns="http://www.w3.org/2000/svg"/>', "XML"),
        (b"<!doctype html><title>x</title>", "HTML"),
        (b"<HTML>", "HTML"),
        (b"<!-- --><script>alert(1)</script>", "HTML"),
    ],
)
def test_what_is_no_media_is_refused_whatever_it_is_called(
    stack: RunningStack, content: bytes, what: str
) -> None:
    file = ("talk.mp3", content, "audio/mpeg")
    answer = stack.request("POST", "/ingest", files={"file": file})
    assert what in assert_is_problem(answer, 415)["detail"]


def test_text_in_json_is_looked_at_as_well(stack: RunningStack) -> None:
    assert_is_problem(stack.request("POST", "/ingest", json={"text": BILLION_LAUGHS}), 415)


@pytest.mark.parametrize(
    "text", ["MZ is a name.", "BM said so.", "<v Ann>Hello.", "PK, she said.", "GIF8 x", "<3 <3"]
)
def test_text_that_begins_like_something_else_is_text(stack: RunningStack, text: str) -> None:
    file = ("malware.exe", text.encode(), "application/x-msdownload")
    answer = stack.request("POST", "/ingest", files={"file": file})
    assert answer.status_code == 202
    assert stack.finished(answer.json()["job_id"])["status"] == "completed"


def test_what_only_its_whole_shows_to_be_no_media_ends_in_a_failed_job(stack: RunningStack) -> None:
    answer = stack.request("POST", "/ingest", files={"file": ("talk.mp3", bytes(100_000))})
    job = stack.finished(answer.json()["job_id"])
    assert (job["status"], job["error_type"]) == ("failed", "UnsupportedMedia")
    assert [run["attempt"] for run in job["runs"]] == [1]


class Lure:
    """A file and an address, as something foreign may name them; it knows whether it was used."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lure"
        # Whoever opens it to read waits for somebody who writes: the job would not end.
        os.mkfifo(self.path)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"

    def assert_untouched(self) -> None:
        with pytest.raises(BlockingIOError):
            self._server.accept()
        with pytest.raises(OSError, match="No such device or address"):
            os.close(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK))

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def lure(tmp_path: Path) -> Iterator[Lure]:
    laid = Lure(tmp_path)
    yield laid
    laid.close()


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n",
    "hls of a key": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{}"\n#EXTINF:10,\nx.ts\n',
    "ffconcat": "ffconcat version 1.0\nfile '{}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 {}\nm=audio 5 RTP/AVP 0\n",
    "playlist": "[playlist]\nFile1={}\n",
    "rtsp": "RTSPtextRTSP://{}\n",
    "imf": "<AssetMap><Path>{}</Path></AssetMap>",
    "subtitles": "WEBVTT\n\nNOTE {}\n\n00:01.000 --> 00:02.000\n<c.{}>Hello.\n",
    "ffmetadata": ";FFMETADATA1\ntitle={}\n",
    "url": "{}\n",
    "concat url": "concat:{}|{}\n",
    "subfile url": "subfile,,start,0,end,0,,:{}\n",
}


@pytest.mark.parametrize("noise", [b"", b"#\xff\n"], ids=["as text", "not as text"])
@pytest.mark.parametrize("form", PLAYLISTS)
def test_nothing_that_media_names_is_opened(
    stack: RunningStack, lure: Lure, form: str, noise: bytes
) -> None:
    jobs = []
    for named in (f"file://{lure.path}", str(lure.path), f"http://{lure.address}/x", lure.address):
        content = PLAYLISTS[form].replace("{}", named).encode() + noise
        answer = stack.request("POST", "/ingest", files={"file": ("x.m3u8", content)})
        jobs.append(answer.json()["job_id"])
    ends = [stack.finished(job_id)["status"] for job_id in jobs]
    assert set(ends) <= {"completed", "failed"}
    lure.assert_untouched()


def test_a_film_that_refers_to_another_opens_nothing(stack: RunningStack, lure: Lure) -> None:
    answer = stack.request("POST", "/ingest", files={"file": ("x.mov", reference_movie(lure))})
    job = stack.finished(answer.json()["job_id"])
    assert job["status"] in ("completed", "failed")
    lure.assert_untouched()


def reference_movie(lure: Lure) -> bytes:
    """A QuickTime film whose sound is in another file (alis and url data references)."""
    path = str(lure.path).encode()
    url = atom(b"url ", bytes(4) + f"http://{lure.address}/x".encode() + b"\x00")
    alis = atom(b"alis", bytes(154) + b"\x00\x02" + len(path).to_bytes(2, "big") + path + bytes(4))
    reference = bytes(4) + (2).to_bytes(4, "big") + url + alis
    entry = atom(b"sowt", bytes(6) + b"\x00\x02" + bytes(8) + b"\x00\x01\x00\x10" + bytes(8))
    table = atom(
        b"stbl",
        atom(b"stsd", bytes(4) + (1).to_bytes(4, "big") + entry),
        atom(b"stts", bytes(4) + numbers(1, 100, 1)),
        atom(b"stsc", bytes(4) + numbers(1, 1, 100, 1)),
        atom(b"stsz", bytes(4) + numbers(2, 100)),
        atom(b"stco", bytes(4) + numbers(1, 0)),
    )
    media = atom(
        b"mdia",
        atom(b"mdhd", bytes(12) + numbers(16_000, 100) + bytes(4)),
        atom(b"hdlr", bytes(8) + b"soun" + bytes(13)),
        atom(b"minf", atom(b"smhd", bytes(8)), atom(b"dinf", atom(b"dref", reference)), table),
    )
    track = atom(b"trak", atom(b"tkhd", bytes(12) + numbers(1) + bytes(68)), media)
    header = atom(b"mvhd", bytes(12) + numbers(16_000, 100) + bytes(80))
    return atom(b"ftyp", b"qt  " + bytes(4)) + atom(b"moov", header, track)


def atom(name: bytes, *content: bytes) -> bytes:
    joined = b"".join(content)
    return (8 + len(joined)).to_bytes(4, "big") + name + joined


def numbers(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "big") for value in values)


INJECTIONS = [
    "'; DROP TABLE documents; --",
    "' OR '1'='1",
    "') OR true --",
    "1); SELECT pg_sleep(100); --",
    "$$; DROP TABLE jobs; $$",
    "%(query)s %s {} {0} %n",
    "a & | ! <-> :* b",
    "!!!", "((((", "a:*B", "\\", "\\'", "'''", '"""', "-" * 500, '"' * 999,
    "a <2000000000> b",
    "e'\\x27'", "\u0027", "%", "_", "*", "(?=a+)+$",
]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("parameter", ["q", "speaker", "layer", "language", "cursor", "mode"])
def test_a_query_is_never_a_statement(
    stack: RunningStack, database_url: str, parameter: str, text: str
) -> None:
    given_value = f"entities:{text}" if parameter == "layer" else text
    before = size(database_url)
    for mode in ("lexical", "vector", "hybrid"):
        asked = {"q": "hello", "mode": mode, parameter: given_value[:1000]}
        answer = stack.request("GET", "/search", params=asked)
        assert answer.status_code in (200, 422), answer.text
        if answer.status_code == 200 and parameter in ("speaker", "layer"):
            assert answer.json()["results"] == []
    assert size(database_url) == before


def test_a_title_and_a_text_are_never_a_statement(stack: RunningStack, database_url: str) -> None:
    for text in INJECTIONS:
        answer = stack.request(
            "POST", "/ingest", json={"text": f"Zanzibar {text}", "title": text[:500]}
        )
        job = stack.finished(answer.json()["job_id"])
        assert job["status"] == "completed"
    found = stack.request("GET", "/search", params={"q": "Zanzibar", "limit": 100}).json()
    assert {hit["title"] for hit in found["results"]} >= {"'; DROP TABLE documents; --", "\\'"}
    assert size(database_url)["documents"] >= len(INJECTIONS)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(query=st.text(min_size=1, max_size=200), mode=st.sampled_from(["lexical", "hybrid"]))
def test_any_query_is_answered(stack: RunningStack, query: str, mode: str) -> None:
    asked = query.encode(errors="replace").decode()
    answer = stack.client.get("/search", params={"q": asked, "mode": mode})
    assert answer.status_code == (422 if "\x00" in query else 200)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000,
        b'{"a":' * 500_000,
        b'{"text": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"text": "\xff\xfe"}',
        b'{"text": "\xed\xa0\x80"}',
        b'{"text": ' + b"9" * 1_000_000 + b"}",
        b'{"text": "x", "title": "x"} {"text": "y"}',
        b'{"document_id": NaN, "job_type": Infinity}',
        "{}".encode("utf-16"),
    ],
)
@pytest.mark.parametrize("path", ["/ingest", "/jobs"])
def test_json_that_breaks_parsers_is_refused(stack: RunningStack, path: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = stack.request("POST", path, content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert_is_problem(answer, answer.status_code)
    assert len(answer.content) < 2_000


def test_nothing_of_all_this_was_an_error_of_the_api(stack: RunningStack) -> None:
    assert [event for event in stack.events() if event.event_name.endswith("request.failed")] == []


def size(url: str) -> dict[str, Any]:
    tables = ("documents", "jobs", "segments", "passages", "layers")
    with psycopg.connect(url) as connection:
        return {
            table: (
                connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() or [0]  # noqa: S608
            )[0]
            for table in tables
        }

"""The commands of docs/api.md do what the page says, in its order."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.integration.running_stack import RunningStack

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
TALK = b"WEBVTT\n\n00:01.000 --> 00:04.000\n<v Grace>The lamp of the lighthouse was lit.\n"

# What each command is answered with; in the order of the page.
ANSWERS = [202, 202, 200, 200, 200, 200, 200, 200, 200, 409, 202, 202, 422]


def test_the_pages_commands_work(stack: RunningStack) -> None:
    commands = list(curls(PAGE))
    assert len(commands) == len(ANSWERS)
    known = {"API": str(stack.client.base_url).rstrip("/"), "FAILED": failed_job(stack)}
    for command, status in zip(commands, ANSWERS, strict=True):
        answer = stack.request(**request(filled(command, known)))
        assert answer.status_code == status, (command, answer.text)
        if "title=" in command:
            known |= {"JOB": answer.json()["job_id"], "DOCUMENT": answer.json()["document_id"]}
            assert answer.json().keys() == {"job_id", "document_id", "job_type", "status"}
        if "/search" in command:
            assert [hit["speaker"] for hit in answer.json()["results"]][:1] == ["Grace"]
    assert stack.responses[-1].json()["detail"] in PAGE


def failed_job(stack: RunningStack) -> str:
    answer = stack.request("POST", "/ingest", files={"file": ("x", b"\x00 no media")})
    job_id = str(answer.json()["job_id"])
    assert stack.finished(job_id)["status"] == "failed"
    return job_id


def curls(page: str) -> Iterator[str]:
    for block in re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        yield from (line for line in block.splitlines() if line.startswith("curl "))


def filled(command: str, known: dict[str, str]) -> str:
    return re.sub(r"\$([A-Z]+)", lambda match: known[match[1]], command)


def request(command: str) -> dict[str, Any]:
    """What curl would send."""
    words = iter(shlex.split(command)[1:])
    given: dict[str, Any] = {"method": "GET", "headers": {}}
    for word in words:
        if word.startswith("http"):
            given["path"] = word
        elif word in ("-X", "-H", "-F", "-d", "--data-urlencode"):
            add(given, word, next(words))
        else:
            assert word in ("-N", "-G"), f"what is {word} in {command}?"
    if "-G" in command.split():
        given |= {"method": "GET", "params": given.pop("data")}
    return given


def add(given: dict[str, Any], option: str, value: str) -> None:
    """Add what an option of curl says to the arguments of a request."""
    if option == "-X":
        given["method"] = value
        return
    if option == "-H":
        name, _, content = value.partition(": ")
        given["headers"][name] = content
        return
    given["method"] = "POST"
    name, _, content = value.partition("=")
    if value.startswith("{"):
        given["content"] = value
    elif content.startswith("@"):
        given.setdefault("files", {})[name] = (content[1:], TALK)
    else:
        given.setdefault("data", {})[name] = content

"""Which layers a job computes, and what becomes of it when one of them cannot be."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.lines import EventLine
from stack.processes import Service
from store.pipeline import LAYERS
from tests.chat_server import ChatServer, chat_server, completion
from tests.integration.workshop import (
    Workshop,
    assert_every_run_ends_once,
    environment_of,
    short,
)

TEXTS = ("Grace lit the lamp of the old lighthouse.", "The storm had broken a prism of the lens.")


@pytest.fixture
def model() -> Iterator[ChatServer]:
    summary = completion("A lamp was lit.", prompt_tokens=31, completion_tokens=5)
    with chat_server(last=summary) as server:
        yield server


@pytest.fixture
def document_id(workshop: Workshop, model: ChatServer, tmp_path: Path) -> str:
    """A document with a transcript, and workers for its layers and its index."""
    settings = {"ENRICH_BASE_URL": model.url, "ENRICH_MODEL": "small"}
    enrich = Service(
        name="worker-enrich-real",
        module="workers.enrich",
        arguments=(),
        environment={**environment_of(workshop.url), **settings},
        folders=workshop.stack.folders,
    )
    enrich.start()
    workshop.started.append(enrich)
    workshop.start("indexer", tmp_path)
    job_id = workshop.new_job("index")
    workshop.wait_for(job_id, "job.completed")
    [(document_id,)] = workshop.query("SELECT document_id FROM jobs WHERE job_id = %s", job_id)
    for ordinal, text in enumerate(TEXTS):
        workshop.query(
            "INSERT INTO segments (document_id, ordinal, text) VALUES (%s, %s, %s)",
            document_id,
            ordinal,
            text,
        )
    return str(document_id)


def test_a_model_that_is_overloaded_is_asked_again_and_nothing_else_is_computed_twice(
    workshop: Workshop, document_id: str, model: ChatServer
) -> None:
    model.replies.append((503, {"Retry-After": "1"}, b""))
    told = _enriched(workshop, document_id)
    assert short(told[-1]) == "job.completed"
    [summary] = [event for event in _layers(told, "layer.completed") if _is_summary(event)]
    assert summary.payload["attempt"] == 2
    assert (summary.payload["tokens_in"], summary.payload["tokens_out"]) == (31, 5)
    names = [event.payload["layer_name"] for event in _layers(told, "layer.started")]
    assert sorted(names) == sorted([*LAYERS, "summary"])
    assert _stored(workshop, document_id)["summary"] == {"text": "A lamp was lit."}


def test_a_job_goes_on_without_a_layer_that_it_does_not_require(
    workshop: Workshop, document_id: str, model: ChatServer
) -> None:
    model.replies.append((401, {}, b""))
    told = _enriched(workshop, document_id)
    assert short(told[-1]) == "job.completed"
    [failed] = _layers(told, "layer.failed")
    assert _is_summary(failed)
    assert failed.payload["error_type"] == "ModelRefused"
    assert set(_stored(workshop, document_id)) == set(LAYERS) - {"summary"}


def test_a_job_for_one_layer_touches_that_one_alone(workshop: Workshop, document_id: str) -> None:
    _enriched(workshop, document_id)
    workshop.query("UPDATE layers SET model_id = 'as it was' WHERE document_id = %s", document_id)
    told = _enriched(workshop, document_id, "topics")
    [started] = _layers(told, "layer.started")
    assert started.payload["layer_name"] == "topics"
    untouched = workshop.query(
        "SELECT layer_name FROM layers WHERE document_id = %s AND model_id = 'as it was'",
        document_id,
    )
    assert {name for (name,) in untouched} == set(LAYERS) - {"topics"}


@pytest.mark.parametrize(
    "body",
    [
        {"job_type": "enrich", "layers": ["astrology"]},
        {"job_type": "enrich", "layers": []},
        {"job_type": "ingest", "layers": ["topics"]},
    ],
)
def test_layers_that_cannot_be_computed_are_refused(
    workshop: Workshop, body: dict[str, object]
) -> None:
    document = {"document_id": "01a20c9f-9d25-7678-81ae-f471485f87c1"}
    answer = workshop.stack.request("POST", "/jobs", json=document | body)
    assert answer.status_code == 422
    assert "layers" in answer.text


def _enriched(workshop: Workshop, document_id: str, *layers: str) -> list[EventLine]:
    body = {"document_id": document_id, "job_type": "enrich", "layers": list(layers) or None}
    job_id = workshop.stack.request("POST", "/jobs", json=body).json()["job_id"]
    workshop.wait_for(job_id, "job.completed")
    told = workshop.of(job_id)
    assert_every_run_ends_once(told)
    return told


def _layers(told: list[EventLine], name: str) -> list[EventLine]:
    return [event for event in told if short(event) == name]


def _is_summary(event: EventLine) -> bool:
    return bool(event.payload["layer_name"] == "summary")


def _stored(workshop: Workshop, document_id: str) -> dict[str, object]:
    return dict(
        workshop.query(
            "SELECT layer_name, document_value FROM layers WHERE document_id = %s", document_id
        )
    )

"""The contracts as an AsyncAPI 3.0.0 document."""

from collections.abc import Mapping
from typing import Any

from registry.catalogue.example import example_envelopes
from registry.evolution.contract_set import ENVELOPE
from registry.export.documents import Documents
from registry.export.schema_object import component, schema_objects
from registry.sources import EventDefinition

JOB_MESSAGE = "messages/job_message.schema.json"

Json = dict[str, Any]


def asyncapi_document(documents: Documents) -> Json:
    """Return the document: a channel of event lines, and one of job messages, a queue a worker.

    The application it describes is Narralytica as a whole, which sends the events, and sends and
    receives the job messages.
    """
    messages = {**_event_messages(documents), "JobMessage": _job_message(documents)}
    events = [event.type_name for event in documents.registry.events]
    return {
        "asyncapi": "3.0.0",
        "id": "urn:narralytica:contracts",
        "info": {
            "title": "Narralytica contracts",
            "version": documents.registry.schema_version,
            "description": "What Narralytica emits, and what its API and workers say through the "
            "queue.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "eventLines": {
                "address": "stdout",
                "title": "Event lines",
                "description": "One JSON object a line, from every service. Delivery is at least "
                "once: drop repeats by event_id.",
                "messages": {name: _pointer("components", "messages", name) for name in events},
            },
            "jobQueue": {
                "address": "{worker}",
                "title": "Job queue",
                "description": "One queue a worker, in PostgreSQL.",
                "parameters": {"worker": _worker(documents)},
                "messages": {"JobMessage": _pointer("components", "messages", "JobMessage")},
            },
        },
        "operations": {
            "emitEvent": _operation("send", "eventLines", "Tell what happened."),
            "sendJob": _operation("send", "jobQueue", "Hand a job to a worker."),
            "receiveJob": _operation("receive", "jobQueue", "Take a job up."),
        },
        "components": {"messages": messages, "schemas": _schemas(documents)},
    }


def _event_messages(documents: Documents) -> dict[str, Json]:
    examples = example_envelopes(documents.registry)
    return {
        event.type_name: {
            "name": event.event_name,
            "title": event.event_name,
            "summary": event.payload["description"],
            "contentType": "application/json",
            "payload": _pointer("components", "schemas", event.type_name),
            "examples": [{"name": "line", "payload": examples[event.event_name]}],
            **_correlation_id(event),
        }
        for event in documents.registry.events
    }


def _correlation_id(event: EventDefinition) -> Json:
    """Name the widest id that the event always has, by which its story is found."""
    if not event.requires:
        return {}
    return {
        "correlationId": {"location": f"$message.payload#/correlation/{event.requires[0]}"},
    }


def _job_message(documents: Documents) -> Json:
    schema = documents.schemas[JOB_MESSAGE]
    return {
        "name": "job_message",
        "title": schema["title"],
        "summary": schema["description"],
        "contentType": "application/json",
        "correlationId": {"location": "$message.payload#/carrier/job_id"},
        "payload": component(JOB_MESSAGE),
        "examples": [{"name": "message", "payload": schema["examples"][0]}],
    }


def _worker(documents: Documents) -> Json:
    definition = documents.registry.definitions["worker"]
    return {"description": definition["description"], "enum": definition["enum"]}


def _operation(action: str, channel: str, summary: str) -> Json:
    return {"action": action, "channel": _pointer("channels", channel), "summary": summary}


def _pointer(*steps: str) -> Json:
    return {"$ref": "#/" + "/".join(steps)}


def _schemas(documents: Documents) -> dict[str, Json]:
    """Return every schema as a component, the envelope once for every event."""
    shared = {path: schema for path, schema in documents.schemas.items() if path != ENVELOPE}
    envelope = schema_objects({ENVELOPE: documents.schemas[ENVELOPE]})
    base = next(iter(envelope.values()))
    lines = {event.type_name: _line(event, base) for event in documents.registry.events}
    return {**lines, **schema_objects(shared)}


def _line(event: EventDefinition, envelope: Mapping[str, Any]) -> Json:
    """Return the schema of one event's line: the envelope, narrowed to that event."""
    narrowed = envelope["definitions"][event.event_name]["properties"]
    return {
        "title": event.type_name,
        "description": event.payload["description"],
        "type": "object",
        "additionalProperties": False,
        "required": envelope["required"],
        "properties": {
            **envelope["properties"],
            "event_name": {"type": "string", "const": event.event_name},
            "severity": {"type": "string", **narrowed["severity"]},
            "payload": narrowed["payload"],
            "correlation": {
                "allOf": [envelope["properties"]["correlation"], narrowed.get("correlation", {})]
            },
        },
    }

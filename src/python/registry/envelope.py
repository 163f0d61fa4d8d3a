"""Generates the envelope schema, in which one validation decides all."""

from typing import Any

from registry.sources import EventDefinition, EventRegistry

ENVELOPE_ID = "https://schemas.narralytica.example/observability/event_envelope.schema.json"
DEFINITIONS = "definitions.schema.json#/$defs"


def envelope_schema(registry: EventRegistry) -> dict[str, Any]:
    """Return the JSON Schema 2020-12 of an event line.

    `event_name` selects the payload schema, the severity and the correlation ids that must not be
    null; a name that is not registered is invalid.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ENVELOPE_ID,
        "$comment": "Generated from registry.json by ./pants run //:contracts -- generate",
        "title": "Event envelope",
        "description": "One emitted event: one JSON object, one line.",
        "type": "object",
        "additionalProperties": False,
        "required": ["event_name", "occurred_at", "correlation", "actor", "payload"],
        "properties": _properties(registry),
        "allOf": [_selection(event) for event in registry.events],
        "$defs": {event.event_name: _rules(event) for event in registry.events},
    }


def _properties(registry: EventRegistry) -> dict[str, Any]:
    return {
        "schema_version": {
            "description": "The version of the contract set that the emitter was built with.",
            "$ref": f"{DEFINITIONS}/semantic_version",
        },
        "event_id": {
            "description": "Unique and time-ordered (UUID version 7); readers drop repeats by it.",
            "$ref": f"{DEFINITIONS}/uuid",
        },
        "event_name": {
            "description": "narralytica.<area>.<action>, with an optional fourth part.",
            "enum": [event.event_name for event in registry.events],
        },
        "occurred_at": {
            "description": "When it happened, by the emitter's clock.",
            "$ref": f"{DEFINITIONS}/timestamp",
        },
        "severity": {
            "description": "How much attention it asks for; fixed by the event's name.",
            "$ref": f"{DEFINITIONS}/severity",
        },
        "correlation": {
            "description": "The ids that join it to its request, job, attempt and trace.",
            "$ref": "correlation.schema.json",
        },
        "actor": {"description": "The process that emitted it.", "$ref": "actor.schema.json"},
        "payload": {"description": "What the event's own schema says.", "type": "object"},
    }


def _selection(event: EventDefinition) -> dict[str, Any]:
    return {
        "if": {
            "required": ["event_name"],
            "properties": {"event_name": {"const": event.event_name}},
        },
        "then": {"$ref": f"#/$defs/{event.event_name}"},
    }


def _rules(event: EventDefinition) -> dict[str, Any]:
    rules: dict[str, Any] = {
        "description": event.payload["description"],
        "properties": {
            "severity": {"const": event.severity},
            "payload": {"$ref": event.payload_path},
        },
    }
    if event.requires:
        rules["properties"]["correlation"] = {
            "required": list(event.requires),
            "properties": {name: {"type": "string"} for name in event.requires},
        }
    return rules

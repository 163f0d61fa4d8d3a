"""What the envelope says beyond the registry, from which most of it is generated."""

from collections.abc import Iterator, Mapping
from typing import Any

from registry.evolution.contract_set import ENVELOPE, ContractSet, Entry

Schema = Mapping[str, Any]


def shared_rules(contracts: ContractSet) -> Schema:
    """Return the envelope without the choice of the event and without what each event demands."""
    envelope = dict(contracts.documents[ENVELOPE])
    envelope["allOf"] = [
        rule for rule in envelope.get("allOf", ()) if _selected(rule, contracts) is None
    ]
    event_name = dict(envelope.get("properties", {}).get("event_name", {}))
    if set(event_name.get("enum", ())) == set(contracts.events):
        del event_name["enum"]
    envelope["properties"] = {**envelope.get("properties", {}), "event_name": event_name}
    return envelope


def further_rules(contracts: ContractSet, event_name: str) -> Schema:
    """Return what the envelope demands of an event beyond its registry entry, normally nothing."""
    parts = contracts.documents[ENVELOPE].get("allOf", ())
    chosen = [rule["then"] for rule in parts if _selected(rule, contracts) == event_name]
    entry = contracts.events[event_name]
    return {"allOf": [_unexplained(_target(rule, contracts), entry) for rule in chosen]}


def _selected(rule: Schema, contracts: ContractSet) -> str | None:
    """Return the event that a conditional of the envelope is about, if it is about just one."""
    if rule.keys() != {"if", "then"}:
        return None
    for name in contracts.events:
        condition = {
            "required": ["event_name"],
            "properties": {"event_name": {"const": name}},
        }
        if rule["if"] == condition:
            return name
    return None


def _target(rule: Schema, contracts: ContractSet) -> Schema:
    reference = rule.get("$ref", "")
    definitions: Schema = contracts.documents[ENVELOPE].get("$defs", {})
    if rule.keys() == {"$ref"} and reference.startswith("#/$defs/"):
        target: Schema = definitions.get(reference.removeprefix("#/$defs/"), rule)
        return target
    return rule


def _unexplained(rule: Schema, entry: Entry) -> Schema:
    explained = dict(_explained(entry))
    fields = rule.get("properties", {})
    return {
        **{key: value for key, value in rule.items() if key not in ("properties", "description")},
        "properties": {name: part for name, part in fields.items() if explained.get(name) != part},
    }


def _explained(entry: Entry) -> Iterator[tuple[str, Schema]]:
    requires = entry.content["requires"]
    yield "severity", {"const": entry.content["severity"]}
    yield "payload", {"$ref": entry.content["payload"]}
    yield (
        "correlation",
        {"required": requires, "properties": {name: {"type": "string"} for name in requires}},
    )

"""Generates the typed event constructors with datamodel-code-generator."""

import json
from pathlib import Path
from typing import Any

import black
from datamodel_code_generator import InputFileType, LiteralType, PythonVersion, generate
from datamodel_code_generator.enums import DataModelType

from registry.sources import EventRegistry, Schema

HEADER = '''"""The typed events. Generated: edit `contracts/`, then ./pants run //:contracts -- generate."""
'''


def typed_events(registry: EventRegistry) -> str:
    """Return the source of `observability/events.py`: a frozen dataclass for every event."""
    source = generate(
        json.dumps(_bundle(registry)),
        input_file_type=InputFileType.JsonSchema,
        output_model_type=DataModelType.DataclassesDataclass,
        target_python_version=PythonVersion.PY_311,
        custom_template_dir=Path(__file__).parent / "templates",
        extra_template_data=_template_data(registry),
        additional_imports=["typing.ClassVar", "observability.event.Event", "observability.event.Severity"],
        custom_file_header=HEADER,
        enum_field_as_literal=LiteralType.All,
        use_schema_description=True,
        use_field_description=True,
        collapse_root_models=True,
        formatters=[],
    )
    return black.format_str(f"{source}\n\n{_index(registry)}", mode=black.Mode(line_length=100))


def _template_data(registry: EventRegistry) -> Any:
    return {
        event.type_name: {"event_name": event.event_name, "event_severity": event.severity}
        for event in registry.events
    }


def _index(registry: EventRegistry) -> str:
    entries = "".join(f"    {event.type_name},\n" for event in registry.events)
    return (
        f'SCHEMA_VERSION = "{registry.schema_version}"\n'
        '"""The version of the contract set that these events were generated from."""\n\n'
        f"EVENT_TYPES: tuple[type[Event], ...] = (\n{entries})\n"
        '"""Every registered event, in the registry\'s order."""\n'
    )


def _bundle(registry: EventRegistry) -> dict[str, Any]:
    """Join the payload schemas into one, since the generator makes one module an input file."""
    models: dict[str, Any] = {}
    for event in registry.events:
        payload = {key: value for key, value in event.payload.items() if key != "$id"}
        models.update(payload.pop("$defs", {}))
        models[event.type_name] = payload
    inlined = {name: _inline(model, registry) for name, model in models.items()}
    choices = [{"$ref": f"#/$defs/{event.type_name}"} for event in registry.events]
    return {"title": "AnyEvent", "anyOf": choices, "$defs": inlined}


def _inline(node: Any, registry: EventRegistry) -> Any:
    if isinstance(node, list):
        return [_inline(item, registry) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _inline(value, registry) for key, value in _resolved(node, registry).items()}


def _resolved(node: Schema, registry: EventRegistry) -> dict[str, Any]:
    """Put a shared definition in place of its reference, and give constants as defaults."""
    reference = node.get("$ref", "")
    if "definitions.schema.json" in reference:
        definition = registry.definitions[reference.rsplit("/", 1)[1]]
        shared = {key: value for key, value in definition.items() if key != "title"}
        return {**shared, **{key: value for key, value in node.items() if key != "$ref"}}
    if "const" in node:
        return {**node, "default": node["const"]}
    return dict(node)

"""One self-contained JSON Schema document of every contract."""

from typing import Any

from registry.envelope import ENVELOPE_ID
from registry.export.documents import Documents

BUNDLE_ID = "https://schemas.narralytica.example/bundle.schema.json"


def json_schema_bundle(documents: Documents) -> dict[str, Any]:
    """Return a Compound Schema Document (JSON Schema 2020-12 Core, section 9.3.1).

    It accepts what the envelope schema accepts. Every schema stands in it as it is, `$id` and all,
    so that each can also be referred to by its own address.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": BUNDLE_ID,
        "$comment": f"The contracts of version {documents.registry.schema_version} in one document",
        "title": "Narralytica contracts",
        "description": "A line that Narralytica emits; $defs also holds the queue's messages.",
        "$ref": ENVELOPE_ID,
        "$defs": {schema["$id"]: schema for schema in documents.schemas.values()},
    }

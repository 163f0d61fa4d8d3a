"""Every schema of the contracts, for the exports."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.envelope import envelope_schema
from registry.evolution.contract_set import ENVELOPE, read_contracts
from registry.evolution.releases import CURRENT
from registry.sources import EventRegistry, load

# Not about lines and messages, but about the registry itself.
REGISTRY_SCHEMA = "observability/registry.schema.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """The registry, and the schemas of lines and messages by their path."""

    registry: EventRegistry
    schemas: Mapping[str, Mapping[str, Any]]


def read_documents(root: Path) -> Documents:
    """Read the contracts below the repository folder `root`; the envelope is generated anew.

    Raises InvalidRegistry for contracts that cannot be used.
    """
    registry = load(root)
    found = read_contracts(root / CURRENT).documents
    schemas = {**found, ENVELOPE: envelope_schema(registry)}
    del schemas[REGISTRY_SCHEMA]
    return Documents(registry=registry, schemas=schemas)

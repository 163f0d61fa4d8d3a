"""Compiles the JSON Schemas under `contracts/` for checking values against them."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    import jsonschema_rs

BASE = "https://schemas.narralytica.example/"

# More would make one bad value a flood, and contract.violated holds no more.
MAX_VIOLATIONS = 16

# The rules whose detail comes from the schema; the others' detail may quote the instance.
RULES_WITHOUT_INSTANCE = frozenset(
    (
        "const",
        "enum",
        "format",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
        "required",
        "type",
    )
)

# Four digits, as `(?!0000)[0-9]{4}` has them.
NOT_0000 = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"

# What the validator raises for a value that is not JSON at all.
NOT_JSON = (ValueError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A broken rule: where (JSON Pointer, RFC 6901) and which JSON Schema keyword.

    It never holds the offending value. `allowed` is what the schema would have taken.
    """

    path: str
    rule: str
    allowed: str


class Contract:
    """A compiled schema."""

    def __init__(self, schema: Mapping[str, Any], *, linear_patterns: bool = False) -> None:
        # Not at the top: it takes milliseconds, and whoever imports the façade may never emit.
        import jsonschema_rs

        self._validator = jsonschema_rs.Draft202012Validator(
            dict(schema),
            validate_formats=True,
            registry=_registry(),
            offline=True,
            pattern_options=jsonschema_rs.RegexOptions() if linear_patterns else None,
        )
        #: Like `accepts`, but raises ValueError or RecursionError for what is not JSON at all.
        self.is_valid: Callable[[object], bool] = self._validator.is_valid

    def accepts(self, instance: object) -> bool:
        """Tell whether `instance` keeps every rule."""
        try:
            return self._validator.is_valid(instance)
        except NOT_JSON:
            return False

    def violations(self, instance: object) -> tuple[Violation, ...]:
        """Return the broken rules, at most 16; none when `instance` keeps them all."""
        try:
            errors = self._validator.iter_errors(instance)
            found = [_violation(error) for error in islice(errors, MAX_VIOLATIONS)]
        except NOT_JSON:
            return (Violation(path="", rule="type", allowed="a JSON value"),)
        return tuple(dict.fromkeys(found))


@cache
def schemas() -> Mapping[str, dict[str, Any]]:
    """Return every schema under `contracts/schemas`, by its path there."""
    # Not at the top: it brings tempfile and random, for an importer that may never emit.
    from importlib.resources import files

    root = files("contracts") / "schemas"
    return dict(_read(root, ""))


@cache
def contract(path: str) -> Contract:
    """Return the compiled schema at `path`, for example `messages/carrier.schema.json`."""
    return Contract({"$ref": BASE + path})


def payload_contract(path: str) -> Contract:
    """Return the compiled schema of a payload, all of whose patterns take linear time."""
    return Contract({"$ref": BASE + path}, linear_patterns=True)


def _read(folder: "Traversable", prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _read(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".schema.json"):
            yield prefix + entry.name, json.loads(entry.read_text(encoding="utf-8"))


@cache
def _registry() -> "jsonschema_rs.Registry":
    import jsonschema_rs

    return jsonschema_rs.Registry(
        [(BASE + path, _without_look_ahead(schema)) for path, schema in schemas().items()]
    )


def _without_look_ahead(schema: Mapping[str, Any]) -> Any:
    """Write patterns without look-ahead, for which the engine would go another, slow way.

    Its `$` matches at the very end only. Python's also matches before a closing line feed, which
    the schemas therefore rule out; here that rule says nothing.
    """
    text = json.dumps(schema).replace(r"(?!\\n)$", "$").replace("(?!0000)[0-9]{4}", NOT_0000)
    return json.loads(text)


def _violation(error: "jsonschema_rs.ValidationError") -> Violation:
    path = "".join(f"/{_escaped(str(step))}" for step in error.instance_path)
    return Violation(path=path, rule=error.kind.name, allowed=_allowed(error))


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _allowed(error: "jsonschema_rs.ValidationError") -> str:
    """Say what the schema asks for, from the schema's side alone."""
    if error.kind.name not in RULES_WITHOUT_INSTANCE:
        return ""
    return json.dumps(getattr(error.kind, "value", ""))

"""What every typed event has in common."""

from dataclasses import asdict, is_dataclass
from typing import Any, ClassVar, Literal

Severity = Literal["debug", "info", "warn", "error"]


class Event:
    """The base of the generated events: an immutable payload that knows its registered name."""

    __slots__: tuple[str, ...] = ()

    event_name: ClassVar[str]
    severity: ClassVar[Severity]

    def payload(self) -> dict[str, Any]:
        """Return the payload as its schema has it: a field that is None is absent."""
        return {
            name: [_plain(item) for item in value] if value.__class__ is list else value
            for name in self.__slots__
            if (value := getattr(self, name)) is not None
        }


def _plain(item: Any) -> Any:
    return asdict(item) if is_dataclass(item) and not isinstance(item, type) else item

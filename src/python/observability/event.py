"""What every typed event has in common."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

Severity = Literal["debug", "info", "warn", "error"]


class Event:
    """The base of the generated events: an immutable payload that knows its registered name."""

    __slots__ = ("_payload",)

    event_name: ClassVar[str]
    severity: ClassVar[Severity]

    _payload: dict[str, Any]

    def payload(self) -> dict[str, Any]:
        """Return the payload as its schema has it: a field that is None is absent."""
        return self._payload.copy()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._payload == self._payload

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self._payload.items())
        return f"{type(self).__name__}({fields})"

    if not TYPE_CHECKING:  # Checkers know the fields from the annotations of the generated classes.

        def __getattr__(self, name: str) -> Any:
            if name in type(self).__annotations__:
                return self._payload.get(name)
            raise AttributeError(f"{type(self).__name__} has no field {name}")

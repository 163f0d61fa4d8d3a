"""Lists, a page at a time: where the next page begins is text that a client hands back."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any, Generic, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Position = TypeVar("Position")

#: The number of an item in a list, as the database keeps it.
Ordinal = Annotated[int, Field(ge=0, lt=2**31)]

#: What every page says of the one after it.
NextCursor = Annotated[
    str | None, Field(description="give it as cursor to see the next page; null: this is the last")
]


def cursor_field(example: str | None = None) -> Any:
    """Return the field `cursor` of a list's parameters, with an example of that list."""
    return Field(
        None,
        max_length=400,
        description="the next_cursor of the page before, with all else the same as there",
        examples=[example] if example else None,
    )


class PageParameters(BaseModel):
    """Which part of a list; every list takes these, and a parameter that none takes is refused."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100, description="how many at most", examples=[20])
    cursor: str | None = cursor_field()


class Cursors(Generic[Position]):
    """The cursors of one list; each belongs to what was asked for, and fits nothing else.

    A position names the last item of a page, not its number: what is added to the list, or taken
    from it, neither repeats an item on the next page nor leaves one out.
    """

    def __init__(self, position: type[Position]) -> None:
        self._form: TypeAdapter[tuple[str, Position]] = TypeAdapter(tuple[str, position])  # type: ignore[valid-type]

    def write(self, position: Position, asked: str = "") -> str:
        """Return the cursor behind `position`; `asked` is what the client asked for."""
        content = self._form.dump_json((_digest(asked), position))
        return urlsafe_b64encode(content).decode().rstrip("=")

    def read(self, text: str | None, asked: str = "") -> Position | None:
        """Return where a cursor points, None without one. Raises RequestValidationError."""
        if text is None:
            return None
        try:
            digest, position = self._form.validate_json(urlsafe_b64decode(text + "=="))
        except ValueError:
            raise _foreign("it is none: give a next_cursor as it was answered") from None
        if digest != _digest(asked):
            raise _foreign("it continues another list: repeat all parameters but limit")
        return position


def _digest(asked: str) -> str:
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def _foreign(reason: str) -> RequestValidationError:
    return RequestValidationError([{"type": "cursor", "loc": ("query", "cursor"), "msg": reason}])

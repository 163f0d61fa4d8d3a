"""All rules, in the order in which the documentation has them."""

from collections.abc import Iterator

from boundaries.syntax.rule import EVERYWHERE, Fault, Rule
from boundaries.syntax.rules.event_name import EVENT_NAME_LITERAL, UNREGISTERED_EVENT_NAME
from boundaries.syntax.rules.facade_access import FACADE_ACCESS
from boundaries.syntax.rules.facade_wrapper import FACADE_WRAPPER
from boundaries.syntax.rules.forbidden_import import FORBIDDEN_IMPORT
from boundaries.syntax.rules.handmade_envelope import HANDMADE_ENVELOPE
from boundaries.syntax.rules.handmade_id import HANDMADE_ID
from boundaries.syntax.rules.logging_setup import LOGGING_SETUP
from boundaries.syntax.rules.service_output import SERVICE_OUTPUT
from boundaries.syntax.rules.telemetry_function import TELEMETRY_FUNCTION
from boundaries.syntax.rules.telemetry_path import TELEMETRY_PATH
from boundaries.syntax.source import Source


def _found_while_reading(_: Source) -> Iterator[Fault]:
    """Find nothing: a file that was parsed has no error of syntax."""
    yield from ()


SYNTAX_ERROR = Rule(
    id="syntax-error",
    why="What cannot be read cannot be checked.",
    instead="Mend the syntax; the file must be Python of the version that runs this check.",
    where=EVERYWHERE,
    check=_found_while_reading,
)

RULES: tuple[Rule, ...] = (
    TELEMETRY_PATH,
    TELEMETRY_FUNCTION,
    FACADE_WRAPPER,
    FACADE_ACCESS,
    LOGGING_SETUP,
    SERVICE_OUTPUT,
    FORBIDDEN_IMPORT,
    UNREGISTERED_EVENT_NAME,
    EVENT_NAME_LITERAL,
    HANDMADE_ENVELOPE,
    HANDMADE_ID,
    SYNTAX_ERROR,
)

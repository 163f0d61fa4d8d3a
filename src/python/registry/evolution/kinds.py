"""The table of every kind of change: its name, what it means for whom, and what to do about it."""

from dataclasses import dataclass
from enum import Enum, IntEnum


class Level(IntEnum):
    """What a change asks of the version number: a new patch, minor or major one."""

    PATCH = 1
    ADDITIVE = 2
    BREAKING = 3

    @property
    def word(self) -> str:
        """The level as reports spell it."""
        return self.name.lower()


PATCH, ADDITIVE, BREAKING = Level


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the levels for readers and writers, the sentence that says it, and the advice.

    The sentence may name {place}, {before} and {after} of a change.
    """

    readers: Level
    writers: Level
    sentence: str
    advice: str


class Kind(Enum):
    """Every kind of change that the comparison tells apart."""

    # Fields
    FIELD_ADDED_OPTIONAL = Rule(
        ADDITIVE,
        ADDITIVE,
        "The optional field {place} was added.",
        "Nothing: readers ignore fields they do not know, and old writers leave it out.",
    )
    FIELD_ADDED_REQUIRED = Rule(
        ADDITIVE,
        BREAKING,
        "The required field {place} was added, which old writers do not give.",
        "Add it as optional, let every writer give it, and require it in the next major version.",
    )
    FIELD_ADDED_TO_OPEN_OBJECT = Rule(
        ADDITIVE,
        BREAKING,
        "The field {place} got rules in an object where old writers may use that name freely.",
        "Choose a name nobody can have used, or close the object in a major version first.",
    )
    FIELD_ADDED_TO_MESSAGE = Rule(
        BREAKING,
        ADDITIVE,
        "The field {place} was added to a message, and an old receiver refuses what it does not "
        "know.",
        "Put it into a message of its own, or change the major version and drain the queue.",
    )
    FIELD_REMOVED_OPTIONAL = Rule(
        ADDITIVE,
        BREAKING,
        "The optional field {place} was removed, and lines that still bear it became invalid.",
        "Mark it as deprecated, let every writer stop giving it, and remove it in a major version.",
    )
    FIELD_REMOVED_REQUIRED = Rule(
        BREAKING,
        BREAKING,
        "The field {place} was removed, on which every reader could rely.",
        "Keep it, or remove it in a new major version.",
    )
    FIELD_NO_LONGER_DESCRIBED = Rule(
        BREAKING,
        ADDITIVE,
        "The field {place} may still occur, but now with any value.",
        "Keep its rules, or close the object too, in a new major version.",
    )
    FIELD_MADE_REQUIRED = Rule(
        ADDITIVE,
        BREAKING,
        "The field {place} became required, and old writers may leave it out.",
        "Let every writer give it first, and require it in the next major version.",
    )
    FIELD_MADE_OPTIONAL = Rule(
        BREAKING,
        ADDITIVE,
        "The field {place} became optional, and old readers rely on it.",
        "Keep it required, or let readers do without it in a new major version.",
    )
    FIELD_DEPRECATION_CHANGED = Rule(
        ADDITIVE,
        ADDITIVE,
        "The deprecation of {place} changed from {before} to {after}.",
        "Nothing now: lines stay as they are until the field is removed.",
    )
    OBJECT_CLOSED = Rule(
        ADDITIVE,
        BREAKING,
        "{place} no longer takes fields that its schema does not name.",
        "Describe the fields that writers give, and close the object in a new major version.",
    )
    OBJECT_OPENED = Rule(
        ADDITIVE,
        ADDITIVE,
        "{place} now takes fields that its schema does not name.",
        "Close it: what is not declared cannot be kept private.",
    )
    MESSAGE_OPENED = Rule(
        BREAKING,
        ADDITIVE,
        "{place} of a message now takes any field, and an old receiver refuses those.",
        "Keep the message closed.",
    )

    # Types and values
    TYPE_NARROWED = Rule(
        ADDITIVE,
        BREAKING,
        "The type of {place} narrowed from {before} to {after}.",
        "Keep the wider type, or add a field of the narrower one beside it.",
    )
    TYPE_WIDENED = Rule(
        BREAKING,
        ADDITIVE,
        "The type of {place} widened from {before} to {after}.",
        "Keep the type, or add a field of the wider one beside it.",
    )
    TYPE_CHANGED = Rule(
        BREAKING,
        BREAKING,
        "The type of {place} changed from {before} to {after}.",
        "Add a field of the new type under a new name.",
    )
    ALTERNATIVE_ADDED = Rule(
        BREAKING,
        ADDITIVE,
        "{place} takes a further form of {after}.",
        "Keep the forms that readers know, or add a field for the new one.",
    )
    ALTERNATIVE_REMOVED = Rule(
        ADDITIVE,
        BREAKING,
        "{place} no longer takes a form of {before} that it took.",
        "Keep the form until the next major version.",
    )
    ENUM_VALUE_ADDED = Rule(
        BREAKING,
        ADDITIVE,
        "{place} may now be {after}, which old readers do not expect.",
        "Add it in a new major version, or in a new optional field.",
    )
    ENUM_VALUE_REMOVED = Rule(
        ADDITIVE,
        BREAKING,
        "{place} may no longer be {before}.",
        "Let every writer stop using it, and remove it in the next major version.",
    )
    ENUM_ADDED = Rule(
        ADDITIVE,
        BREAKING,
        "{place} may now be only {after}.",
        "Take in every value that writers use, and do it in a new major version.",
    )
    ENUM_REMOVED = Rule(
        BREAKING,
        ADDITIVE,
        "{place} is no longer one of {before}.",
        "Keep the list, or free the value in a new major version.",
    )
    CONST_CHANGED = Rule(
        BREAKING,
        BREAKING,
        "{place} was always {before} and is now always {after}.",
        "Keep the value, or register a new event.",
    )
    BOUND_TIGHTENED = Rule(
        ADDITIVE,
        BREAKING,
        "A bound of {place} tightened from {before} to {after}.",
        "Keep the bound, or tighten it in a new major version.",
    )
    BOUND_LOOSENED = Rule(
        BREAKING,
        ADDITIVE,
        "A bound of {place} loosened from {before} to {after}.",
        "Keep the bound: readers may have sized their columns by it.",
    )
    PATTERN_ADDED = Rule(
        ADDITIVE,
        BREAKING,
        "{place} must now match {after}.",
        "Check what writers emit, and add the pattern in a new major version.",
    )
    PATTERN_REMOVED = Rule(
        BREAKING,
        ADDITIVE,
        "{place} need no longer match {before}.",
        "Keep the pattern: readers may take the value apart by it.",
    )
    PATTERN_CHANGED = Rule(
        BREAKING,
        BREAKING,
        "The pattern of {place} changed from {before} to {after}; whether one includes the other "
        "is not decided.",
        "Keep the pattern, or change it in a new major version.",
    )
    FORMAT_ADDED = Rule(
        ADDITIVE,
        BREAKING,
        "{place} must now have the format {after}; formats are asserted.",
        "Check what writers emit, and add the format in a new major version.",
    )
    FORMAT_REMOVED = Rule(
        BREAKING,
        ADDITIVE,
        "{place} need no longer have the format {before}.",
        "Keep the format: readers parse by it.",
    )
    FORMAT_CHANGED = Rule(
        BREAKING,
        BREAKING,
        "The format of {place} changed from {before} to {after}.",
        "Add a field of the new format under a new name.",
    )
    UNIQUE_ITEMS_ADDED = Rule(
        ADDITIVE,
        BREAKING,
        "The items of {place} may no longer repeat.",
        "Let every writer drop repeats, and require it in the next major version.",
    )
    UNIQUE_ITEMS_REMOVED = Rule(
        BREAKING,
        ADDITIVE,
        "The items of {place} may now repeat.",
        "Keep them unique, or allow repeats in a new major version.",
    )
    UNKNOWN_KEYWORD_CHANGED = Rule(
        BREAKING,
        BREAKING,
        "{after} at {place} is not understood by this comparison, and it or what stands beside it "
        "changed.",
        "Say it with keywords that docs/contract-evolution.md lists, or change the major version.",
    )

    # What surrounds the rules
    SENSITIVITY_CHANGED = Rule(
        BREAKING,
        BREAKING,
        "The sensitivity of {place} changed from {before} to {after}, which decides what may be "
        "written there and where it may be kept.",
        "Add a field of the new sensitivity under a new name.",
    )
    DOCUMENTATION_CHANGED = Rule(
        PATCH,
        PATCH,
        "What is said about {place} changed: {after}.",
        "Nothing: lines are as before.",
    )
    REPRESENTATION_CHANGED = Rule(
        PATCH,
        PATCH,
        "The file is written differently; each effect on lines, if any, is listed where it shows.",
        "Nothing: lines are as before.",
    )

    # The registry
    EVENT_ADDED = Rule(
        ADDITIVE,
        ADDITIVE,
        "The event {after} was added.",
        "Nothing: readers skip events they do not know.",
    )
    EVENT_REMOVED_WITHOUT_DEPRECATION = Rule(
        BREAKING,
        BREAKING,
        "The event {before} was removed without having been deprecated.",
        "Put it back with deprecated and, where there is one, replaced_by.",
    )
    EVENT_REMOVED_AFTER_DEPRECATION = Rule(
        ADDITIVE,
        BREAKING,
        "The event {before} was removed after its deprecation, and old writers may still emit it.",
        "Make sure that nobody emits it, and remove it in a new major version.",
    )
    EVENT_RENAMED = Rule(
        BREAKING,
        BREAKING,
        "The event {before} is now called {after}.",
        "Keep the old name beside the new one, deprecated, with replaced_by naming the new one.",
    )
    EVENT_DEPRECATED = Rule(
        ADDITIVE,
        ADDITIVE,
        "The event {before} is deprecated; what replaces it: {after}.",
        "Move to what replaces it before the next major version.",
    )
    EVENT_DEPRECATION_WITHDRAWN = Rule(
        ADDITIVE,
        ADDITIVE,
        "The event {after} is no longer deprecated.",
        "Nothing: it stays.",
    )
    EVENT_HISTORY_CHANGED = Rule(
        PATCH,
        PATCH,
        "The history of the event changed from {before} to {after}.",
        "Make sure that the former history was wrong.",
    )
    SEVERITY_CHANGED = Rule(
        BREAKING,
        BREAKING,
        "The severity changed from {before} to {after}.",
        "Register a new event: alerts are chosen by name and severity.",
    )
    REQUIRED_CORRELATION_ADDED = Rule(
        ADDITIVE,
        BREAKING,
        "The event now requires {after}.",
        "Let every writer give it first, and require it in the next major version.",
    )
    REQUIRED_CORRELATION_REMOVED = Rule(
        BREAKING,
        ADDITIVE,
        "The event no longer requires {before}, by which readers join it.",
        "Keep it required, or let readers do without it in a new major version.",
    )
    EMITTER_ADDED = Rule(
        ADDITIVE,
        ADDITIVE,
        "{after} may now emit the event.",
        "Nothing: readers tell emitters apart by actor.service_name.",
    )
    EMITTER_REMOVED = Rule(
        ADDITIVE,
        BREAKING,
        "{before} may no longer emit the event.",
        "Let that service stop first, and remove it in the next major version.",
    )
    MESSAGE_ADDED = Rule(
        ADDITIVE,
        ADDITIVE,
        "The message {after} was added.",
        "Start its receivers before its senders.",
    )
    MESSAGE_REMOVED = Rule(
        BREAKING,
        BREAKING,
        "The message {before} was removed.",
        "Drain its queue, and remove it in a new major version.",
    )

    # The version
    VERSION_RAISED = Rule(
        PATCH,
        PATCH,
        "schema_version rose from {before} to {after}.",
        "Nothing: it covers the changes.",
    )
    VERSION_LOWERED = Rule(
        BREAKING,
        BREAKING,
        "schema_version fell from {before} to {after}.",
        "Give a version above the released one.",
    )
    VERSION_NEEDS_MAJOR = Rule(
        BREAKING,
        BREAKING,
        "There are breaking changes, and schema_version {before} became only {after}.",
        "Undo the breaking changes, or give schema_version a new major number.",
    )
    VERSION_NEEDS_MINOR = Rule(
        ADDITIVE,
        ADDITIVE,
        "There are additive changes, and schema_version {before} became only {after}.",
        "Give schema_version a new minor number.",
    )

    @property
    def id(self) -> str:
        """The name of the kind in reports, in kebab case."""
        return self.name.lower().replace("_", "-")

    @property
    def level(self) -> Level:
        """The graver of the two levels."""
        return max(self.value.readers, self.value.writers)

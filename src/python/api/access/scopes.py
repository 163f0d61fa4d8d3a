"""What a key must be good for, route by route. This table is the one place that says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.access.limits import Group
from store.api_keys import Scope

#: The only route that is open to everybody.
OPEN = "/health"

_READING = frozenset(("GET", "HEAD", "OPTIONS"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What holds for all paths with a common beginning."""

    beginning: str
    reading: Scope
    changing: Scope
    group: Group = "other"


RULES: Sequence[Rule] = (
    Rule(beginning="/ingest", reading="ingest", changing="ingest", group="ingest"),
    Rule(beginning="/jobs", reading="jobs:read", changing="jobs:write"),
    Rule(beginning="/documents", reading="search", changing="ingest"),
    Rule(beginning="/search", reading="search", changing="search", group="search"),
)

#: What each scope lets its holder do.
MEANING: Mapping[Scope, str] = {
    "ingest": "send media and text (POST /ingest)",
    "jobs:read": "see jobs (GET /jobs)",
    "jobs:write": "start, cancel and retry jobs (POST /jobs)",
    "search": "search, and read documents and layers (GET /search, GET /documents)",
}


def rule_of(path: str) -> Rule | None:
    """Return the rule for a request's path; None for what any key may ask, such as /docs.

    More paths than there are routes begin like one: none gets around its rule by its end.
    """
    return next((rule for rule in RULES if path.startswith(rule.beginning)), None)


def needed_scope(rule: Rule, method: str) -> Scope:
    """Return the scope that a request with this method needs."""
    return rule.reading if method in _READING else rule.changing

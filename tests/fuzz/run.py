"""A run of Schemathesis against an API without workers, and what came of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import schemathesis
import schemathesis.cli
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

_REQUEST_S = 30

# About so many come of each example that is asked for: there are twelve operations.
_CASES_AN_EXAMPLE = 14

# What no schema can say: a cursor and a key are right or wrong by what was asked before.
_BY_WHAT_WAS_BEFORE = ("query.cursor", "header.Idempotency-Key")


@schemathesis.check
def valid_requests_are_accepted(
    ctx: CheckContext, response: Response, case: Case[Any]
) -> bool | None:
    """What the document allows is not refused, but for what requests before it decide."""
    if response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
        places = {part.split(": ")[0] for part in response.json()["detail"].split("; ")}
        if places & set(_BY_WHAT_WAS_BEFORE):
            return None
    return positive_data_acceptance(ctx, response, case)


@schemathesis.check
def invalid_requests_are_refused(
    ctx: CheckContext, response: Response, case: Case[Any]
) -> bool | None:
    """What the document does not allow is refused; in a form, every value is a text."""
    is_form = case.media_type == "multipart/form-data"
    if is_form and isinstance(case.body, dict) and "file" in case.body:
        return None
    return negative_data_rejection(ctx, response, case)


# Ours go on to them.
_REPLACED = (positive_data_acceptance, negative_data_rejection)


@dataclass(slots=True, kw_only=True)
class Tally:
    """How many cases of each operation were answered how; `failed` rounds found faults."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    unanswered: int = 0
    rounds: int = 0
    failed: int = 0

    @property
    def cases(self) -> int:
        """How many requests were sent."""
        return self.answers.total() + self.unanswered

    @property
    def server_errors(self) -> int:
        """How many were answered with an error of the server's."""
        return sum(count for (_, status), count in self.answers.items() if status >= 500)

    @property
    def is_well(self) -> bool:
        """Whether every case was answered as the document describes."""
        return self.failed == self.server_errors == self.unanswered == 0


def fuzzed(url: str, *, cases: int, seed: int) -> Tally:
    """Send at least so many cases to the API at `url`, with every check that Schemathesis has.

    Reproducers of what fails go to stdout.
    """
    tally = Tally()

    @schemathesis.hook
    def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
        tally.answers[case.operation.label, response.status_code] += 1

    @schemathesis.hook
    def after_network_error(context: HookContext, case: Case[Any], request: Any) -> None:
        tally.unanswered += 1

    try:
        while tally.cases < cases:
            missing = cases - tally.cases
            tally.failed += (
                _round(url, examples=max(1, missing // 24), seed=seed + tally.rounds) != 0
            )
            tally.rounds += 1
    finally:
        schemathesis.hooks.unregister(after_call)
        schemathesis.hooks.unregister(after_network_error)
    return tally


def _round(url: str, *, examples: int, seed: int) -> int:
    run: Callable[..., Any] = schemathesis.cli.schemathesis.main
    arguments = {
        "max-examples": examples,
        "seed": seed,
        "checks": "all",
        "exclude-checks": ",".join(check.__name__ for check in _REPLACED),
        "request-timeout": _REQUEST_S,
        "generation-database": "none",
        "suppress-health-check": "all",
        "warnings": "off",
    }
    options = [f"--{name}={value}" for name, value in arguments.items()]
    try:
        run(["run", f"{url}/openapi.json", "--continue-on-failure", *options])
    except SystemExit as end:
        return int(end.code or 0)
    return 0

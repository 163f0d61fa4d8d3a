"""Requests that are refused: the answer to each, and the event that tells it."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from starlette.responses import Response
from starlette.types import Scope

import observability as obs
from api.access.token_buckets import Rate, TokenBuckets
from api.middleware.request_context import KNOWN_METHODS
from api.problems import problem
from observability import events

Reason = Literal[
    "key_missing",
    "key_invalid",
    "scope_missing",
    "address_foreign",
    "host_foreign",
    "origin_foreign",
    "rate_exceeded",
]

#: Of each reason; a flood of refusals is no flood of lines.
MOST_TOLD = Rate(requests=600, seconds=60)


class Refused(Exception):
    """A request that may not go on: why, and what its client is told."""

    def __init__(
        self,
        reason: Reason,
        status: int,
        detail: str,
        *,
        key_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.status = status
        self.detail = detail
        self.key_id = key_id
        self.headers = headers

    def answer(self) -> Response:
        """Return the answer to the client."""
        return problem(self.status, self.detail, headers=self.headers)


class Refusals:
    """Tells refusals as `narralytica.request.denied`; of too many, how many there were."""

    def __init__(self, buckets: TokenBuckets) -> None:
        self._buckets = buckets
        self._untold: Counter[Reason] = Counter()

    def tell(self, refused: Refused, scope: Scope) -> None:
        """Tell that the request was refused."""
        if not self._buckets.take(refused.reason).allowed:
            self._untold[refused.reason] += 1
            return
        denied = events.RequestDenied(
            method=scope["method"] if scope["method"] in KNOWN_METHODS else "_OTHER",
            status_code=refused.status,
            reason=refused.reason,
            key_id=refused.key_id,
            suppressed_count=self._untold.pop(refused.reason, None),
        )
        obs.emit(denied, obs.current_context())

"""Keeps from the routes who may not ask, or asks too much."""

from collections import Counter
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.admission import Caller, admitted, caller_by_address
from api.access.key_ring import KeysUnknown
from api.access.limits import Group, Limit
from api.access.refusal import MOST_TOLD, Refusals, Refused
from api.access.scopes import OPEN, rule_of
from api.access.token_buckets import Rate, Taken, TokenBuckets
from api.problems import database_away, problem

# When there is no room, some has very likely been made by then.
_NO_ROOM_RETRY_S = 1


class AccessMiddleware:
    """Answers in place of the routes: 401 without a key, 403 without the scope that is needed.

    Who asks too often is told when to come back (429), and so is who would have to wait because
    too many expensive requests go on already (503). No body is read before that. The application's
    state holds the KeyRing as `key_ring`.
    """

    def __init__(self, app: ASGIApp, limits: Mapping[Group, Limit]) -> None:
        self._app = app
        self._limits = limits
        self._buckets = {group: TokenBuckets(limit.rate) for group, limit in limits.items()}
        self._going_on: Counter[Group] = Counter()
        self._refusals = Refusals(TokenBuckets(MOST_TOLD))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rule = rule_of(scope["path"])
        group = "other" if rule is None else rule.group
        try:
            ring = scope["app"].state.key_ring
            open_to_all = scope["path"] == OPEN
            caller = caller_by_address(scope) if open_to_all else await admitted(scope, ring, rule)
        except Refused as refused:
            await self._refuse(refused, scope, receive, send)
        except KeysUnknown:
            scope["state"]["error_type"] = KeysUnknown.__name__
            await database_away()(scope, receive, send)
        else:
            await self._serve(scope, receive, send, group, caller)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, group: Group, caller: Caller
    ) -> None:
        limit, taken = self._limits[group], self._buckets[group].take(caller.name)
        send = _telling(send, group, limit.rate, taken)
        if not taken.allowed:
            await self._refuse(_too_often(limit.rate, taken, caller), scope, receive, send)
        elif limit.concurrency is not None and self._going_on[group] >= limit.concurrency:
            scope["state"]["error_type"] = "Overloaded"
            await _no_room()(scope, receive, send)
        else:
            self._going_on[group] += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._going_on[group] -= 1

    async def _refuse(self, refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
        self._refusals.tell(refused, scope)
        await refused.answer()(scope, receive, send)


def _telling(send: Send, group: Group, rate: Rate, taken: Taken) -> Send:
    """Return a `send` that adds how much the caller may ask (draft-ietf-httpapi-ratelimit-headers).

    The draft is at its 11th version.
    """

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            policy = f'"{group}";q={rate.requests};w={rate.seconds}'
            left = f'"{group}";r={taken.remaining};t={taken.reset_s}'
            message["headers"] = [
                *message.get("headers", ()),
                (b"ratelimit-policy", policy.encode()),
                (b"ratelimit", left.encode()),
            ]
        await send(message)

    return tell


def _too_often(rate: Rate, taken: Taken, caller: Caller) -> Refused:
    return Refused(
        "rate_exceeded",
        429,
        f"No more than {rate.requests} such requests in {rate.seconds} s. "
        f"Come back in {taken.reset_s} s.",
        key_id=caller.key_id,
        headers={"Retry-After": str(taken.reset_s)},
    )


def _no_room() -> Response:
    return problem(
        503,
        "Too many such requests go on at the moment. Try again.",
        headers={"Retry-After": str(_NO_ROOM_RETRY_S)},
    )

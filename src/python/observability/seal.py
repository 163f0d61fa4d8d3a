"""Turns an event and its context into a validated, encoded line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from observability.clock import Timestamps
from observability.context import Actor, ObsContext
from observability.contracts import Violation
from observability.event import Event
from observability.events import EVENT_TYPES, SCHEMA_VERSION, ContractViolated
from observability.events import Violation as ReportedViolation
from observability.ledger import Judgements
from observability.validate import (
    ContractViolation,
    EventContract,
    actor_contract,
    correlation_contract,
    envelope_violations,
    event_contract,
    span_id_contract,
)
from observability.violation_limit import ViolationLimit

# What an unknown or unhashable name raises, and a value that is not JSON at all.
_UNUSABLE = (KeyError, TypeError, ValueError, RecursionError)

_UNENCODABLE = Violation(path="/payload", rule="type", allowed="a JSON value")


class SealedEvent(NamedTuple):
    """A validated event, ready to write, and to be kept beside the state change that it tells.

    Emitting it again after a crash repeats its `event_id`, by which readers drop repeats.
    """

    event_id: str
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _EventForm:
    """What never changes from one line of an event to the next."""

    contract: EventContract
    accepts: Callable[[object], bool]
    #: What the context must have, in the bits of `_LACKS`.
    requires: int
    has_parent: bool
    #: What stands between event_id and occurred_at, and between that and the context's members.
    name: bytes
    severity: bytes


class _EncodedContext(NamedTuple):
    """What never changes from one line of a context to the next.

    `lacks` has the bits of `_LACKS`. The members of the envelope that it gives end where the
    payload begins: `with_parent` inside of it.
    """

    lacks: int
    members: bytes
    with_parent: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealer:
    """Builds, validates and encodes envelopes (`event_envelope.schema.json`)."""

    actor: Actor
    strict: bool
    now_ns: Callable[[], int]
    new_event_id: Callable[[], object]
    judgements: Judgements = field(default_factory=Judgements)
    _limit: ViolationLimit = field(default_factory=ViolationLimit)
    _timestamps: Timestamps = field(default_factory=Timestamps)

    def seal(self, event_name: Any, payload: Any, ctx: ObsContext) -> tuple[SealedEvent, ...]:
        """Return what to write for an event: `line`, else what `judge` makes of it."""
        line = self.line(event_name, payload, ctx)
        return self.judge(event_name, payload, ctx) if line is None else (_sealed(line),)

    def own(self, event: Event, ctx: ObsContext | None = None) -> SealedEvent:
        """Seal an event of the façade itself; ContractViolation would be its own fault."""
        name, payload = event.event_name, event.payload()
        bearer = ctx or ObsContext(actor=self.actor)
        line = self.line(name, payload, bearer)
        if line is None:
            raise ContractViolation(name, self._violations(name, payload, bearer))
        return _sealed(line)

    def line(self, event_name: Any, payload: Any, ctx: ObsContext) -> bytes | None:
        """Return the line of an event that keeps its contract, else None."""
        context = ctx.encoded or _encoded(ctx)
        try:
            # Unregistered, or no name at all: KeyError or TypeError.
            form = _FORMS[event_name]
            if context.lacks & form.requires or not form.accepts(payload):
                return None
            encoded = orjson.dumps(payload)
        except _UNUSABLE:
            return None
        members = context.members
        if context.with_parent and form.has_parent and "parent_span_id" not in payload:
            members, encoded = context.with_parent, encoded[1:]
        return b"".join(
            (
                _BEGINNING,
                str(self.new_event_id()).encode(),
                form.name,
                self._timestamps.text(self.now_ns()),
                form.severity,
                members,
                encoded,
                b"}\n",
            )
        )

    def judge(self, event_name: Any, payload: Any, ctx: ObsContext) -> tuple[SealedEvent, ...]:
        """Return what to write for an event that breaks its contract.

        Raises ContractViolation when strict. Otherwise the event is salvaged without its undeclared
        payload keys if that makes it valid, else withheld; either way a `contract.violated` event
        with the same correlation follows, unless there were too many.
        """
        if isinstance(payload, Mapping) and payload.__class__ is not dict:
            # The validator knows dictionaries alone.
            return self.seal(event_name, dict(payload), ctx)
        violations = self._violations(event_name, payload, ctx)
        self.judgements.violated.add()
        if self.strict:
            raise ContractViolation(str(event_name), violations)
        name = _printable(event_name)
        salvaged = self._salvaged(name, payload, ctx)
        if not salvaged:
            self.judgements.withheld.add()
        return (*salvaged, *self._report(name, violations, ctx, salvaged=bool(salvaged)))

    def _violations(
        self, event_name: object, payload: Any, ctx: ObsContext
    ) -> tuple[Violation, ...]:
        """Say what is wrong with the envelope as it would have been."""
        registered = event_name in _REGISTERED if isinstance(event_name, str) else False
        envelope = {
            "schema_version": SCHEMA_VERSION,
            "event_id": str(self.new_event_id()),
            "event_name": event_name,
            "occurred_at": self._timestamps.text(self.now_ns()).decode() + "Z",
            "severity": _FORMS[event_name].contract.severity if registered else "info",
            "correlation": ctx.correlation(),
            "actor": ctx.actor.as_dict(),
            "payload": payload,
        }
        return envelope_violations(envelope) or (_UNENCODABLE,)

    def _salvaged(
        self, event_name: object, payload: Any, ctx: ObsContext
    ) -> tuple[SealedEvent, ...]:
        """Return the event without its undeclared keys, if that makes it valid."""
        if event_name not in _REGISTERED or not isinstance(payload, Mapping):
            return ()
        declared = _FORMS[event_name].contract.payload_properties
        kept = {key: value for key, value in payload.items() if key in declared}
        line = self.line(event_name, kept, ctx)
        return () if line is None else (_sealed(line),)

    def _report(
        self, name: str, violations: tuple[Violation, ...], ctx: ObsContext, *, salvaged: bool
    ) -> tuple[SealedEvent, ...]:
        suppressed = self._limit.admit(name)
        if suppressed is None:
            self.judgements.suppressed.add()
            return ()
        report = ContractViolated(
            violating_event_name=name,
            outcome="salvaged" if salvaged else "withheld",
            violations=[ReportedViolation(path=v.path[:256], rule=v.rule) for v in violations],
            suppressed_count=suppressed or None,
        )
        # A context that broke the contract itself cannot bear the report either.
        sound = not (ctx.encoded or _encoded(ctx)).lacks & _LACKS["soundness"]
        bearer = ctx if sound else None
        return (self.own(report, bearer),)


class _Forms(dict[Any, _EventForm]):
    """Makes the form of a registered event when it is first asked for."""

    def __missing__(self, name: Any) -> _EventForm:
        if name not in _REGISTERED:
            raise KeyError(name)
        contract = event_contract(name)
        form = self[name] = _EventForm(
            contract=contract,
            accepts=contract.payload.is_valid,
            requires=_LACKS["soundness"] | sum(_LACKS[name] for name in contract.requires),
            has_parent="parent_span_id" in contract.payload_properties,
            name=b'","event_name":%b,"occurred_at":"' % orjson.dumps(name),
            severity=b'Z","severity":%b,' % orjson.dumps(contract.severity),
        )
        return form


def _sealed(line: bytes) -> SealedEvent:
    return SealedEvent(event_id=line[_EVENT_ID].decode(), line=line)


# What a context may lack, as bits: each of the ids, and to keep its own contract.
_LACKS = {
    "request_id": 1,
    "job_id": 2,
    "job_run_id": 4,
    "trace_id": 8,
    "span_id": 16,
    "soundness": 32,
}

_REGISTERED = frozenset(event.event_name for event in EVENT_TYPES)
_FORMS = _Forms()

_BEGINNING = b'{"schema_version":%b,"event_id":"' % orjson.dumps(SCHEMA_VERSION)

# Where the id stands in each line that is made here.
_EVENT_ID = slice(len(_BEGINNING), len(_BEGINNING) + 36)


def _encoded(ctx: ObsContext) -> _EncodedContext:
    """Judge and encode a context, once."""
    ids, parent = ctx.correlation(), ctx.parent_span_id
    actor = ctx.actor.encoded
    if actor is None:
        actor = _encoded_actor(ctx.actor)
    is_sound = (
        actor != b""
        and correlation_contract().accepts(ids)
        and (parent is None or span_id_contract().accepts(parent))
    )
    members = b"".join((b'"correlation":', orjson.dumps(ids), actor)) if is_sound else b""
    lacks = sum([_LACKS[name] for name, value in ids.items() if value is None])
    encoded = _EncodedContext(
        lacks if is_sound else lacks | _LACKS["soundness"],
        members,
        b'%b{"parent_span_id":"%b",' % (members, parent.encode()) if is_sound and parent else None,
    )
    # A cache beside immutable values: whichever thread comes last leaves the same.
    object.__setattr__(ctx, "encoded", encoded)
    return encoded


def _encoded_actor(actor: Actor) -> bytes:
    """Return the actor's member of the envelope, up to the payload; nothing for an unsound one."""
    member = actor.as_dict()
    encoded = b""
    if actor_contract().accepts(member):
        encoded = b',"actor":%b,"payload":' % orjson.dumps(member)
    object.__setattr__(actor, "encoded", encoded)
    return encoded


def _printable(name: object) -> str:
    """Return a name that is safe to tell: an unregistered one may hold anything."""
    return name if isinstance(name, str) and name in _REGISTERED else "unregistered"

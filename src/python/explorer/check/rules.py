"""The lifecycle rules 1 to 6 within one job; 4 and 7 between jobs are asked of the store.

The order is that of `occurred_at`, since lines are delivered late and from many files. The order
of the lines counts only within one file and for what one process wrote: whatever belongs to a run
that was closed as lost may have been written late by recovery.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from explorer.check.fact import LIFECYCLE_AREAS, Break, Fact

WORKER_LOST = "worker_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is no break: with `ongoing` a missing end, and clocks that differ between services."""

    ongoing: bool = False
    clock_skew_us: int = 0

    def after(self, earlier: Fact, later: Fact) -> bool:
        """Tell whether `later` happened after `earlier` for sure, although it should not have."""
        return later.at - earlier.at > self._skew(earlier, later)

    def _skew(self, one: Fact, other: Fact) -> int:
        return 0 if one.service == other.service else self.clock_skew_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A job run, layer or index sync: the events that tell its start and its end."""

    rule: str
    facts: Sequence[Fact]

    @property
    def starts(self) -> list[Fact]:
        """The events that tell its start: one, when all is well."""
        return [fact for fact in self.facts if fact.action == "started"]

    @property
    def ends(self) -> list[Fact]:
        """The events that tell its end: one, when all is well."""
        return [fact for fact in self.facts if fact.ends]


def job_breaks(told: Sequence[Fact], allowance: Allowance) -> Iterator[Break]:
    """Yield what breaks a rule within one job; `told` is everything that bears its id."""
    facts = [fact for fact in without_repeats(told) if fact.area in LIFECYCLE_AREAS]
    own = [fact for fact in facts if fact.area == "job" and fact.action != "status_viewed"]
    within = [fact for fact in facts if fact.area != "job"]
    runs = [list(group) for _, group in groupby(sorted(within, key=_run), key=_run)]
    courses = [_course(run) for run in runs]
    retries = [fact.at for fact in own if fact.action == "retried"]
    for round_facts, round_own, round_courses in _rounds(facts, own, courses, retries):
        yield from _job(round_facts, round_own, round_courses, allowance)
    yield from _same(own, ("job_type",), "5")
    for run, course in zip(runs, courses, strict=True):
        yield from _run_breaks(run, course, allowance)
    yield from _attempts(courses, own, retries, allowance)
    yield from _one_request([*own, *within])


def without_repeats(told: Sequence[Fact]) -> list[Fact]:
    """Return the facts by time, each `event_id` once with all the places where it stands."""
    kept: dict[object, Fact] = {}
    for fact in told:
        key = fact.event_id or fact.place
        first = kept.get(key)
        kept[key] = replace(first, repeats=(*first.repeats, fact.place)) if first else fact
    return sorted(kept.values(), key=lambda fact: (fact.at, fact.event_id or ""))


def _course(run: Sequence[Fact]) -> Course:
    return Course(rule="1", facts=[fact for fact in run if fact.area == "job_run"])


def _run(fact: Fact) -> str:
    return str(fact.run)


def _step(fact: Fact) -> tuple[str, str, int]:
    payload = fact.payload
    return fact.area, payload.get("layer_name") or payload["index"], payload["attempt"]


def _rounds(
    facts: Sequence[Fact], own: Sequence[Fact], runs: Sequence[Course], retries: Sequence[int]
) -> Iterator[tuple[list[Fact], list[Fact], list[Course]]]:
    """Part a job where its client started it again: each part has a start and an end of its own."""

    def number(fact: Fact) -> int:
        return sum(retry <= fact.at for retry in retries)

    for wanted in range(len(retries) + 1):
        within = [fact for fact in facts if number(fact) == wanted]
        if within:
            yield (
                within,
                [fact for fact in own if number(fact) == wanted],
                [run for run in runs if run.facts and number(run.facts[0]) == wanted],
            )


def _job(
    facts: Sequence[Fact], own: Sequence[Fact], runs: Sequence[Course], allowance: Allowance
) -> Iterator[Break]:
    created, started = (
        [fact for fact in own if fact.action in actions]
        for actions in (("created", "retried"), ("started",))
    )
    ends = [fact for fact in own if fact.ends]
    yield from _once_each(own)
    if not created and any(fact.correlation["request_id"] for fact in facts):
        yield facts[0].broken("5", "is about a job without job.created")
    for first in created[:1]:
        for fact in facts:
            if allowance.after(fact, first):
                yield fact.broken("5", f"happened before {first.name} ({first.place})")
    yield from _job_start(started, runs, allowance)
    if own and not ends and not allowance.ongoing:
        yield own[-1].broken("5", "is the last of a job that never ended")
    for end in ends[:1]:
        yield from _job_end(end, facts, runs, started, allowance)


def _once_each(own: Sequence[Fact]) -> Iterator[Break]:
    first: dict[str, Fact] = {}
    for fact in own:
        before = first.setdefault("end" if fact.ends else fact.action, fact)
        if before is not fact:
            yield fact.broken("5", f"comes after {before.name} ({before.place}): once a job")


def _job_start(
    started: Sequence[Fact], runs: Sequence[Course], allowance: Allowance
) -> Iterator[Break]:
    begun = [run.starts[0] for run in runs if run.starts]
    first = min(begun, key=lambda fact: fact.at, default=None)
    if first and not started:
        yield first.broken("5", "is about a job without job.started")
    elif first and allowance.after(first, started[0]):
        yield first.broken("5", f"happened before job.started ({started[0].place})")


def _job_end(
    end: Fact,
    facts: Sequence[Fact],
    runs: Sequence[Course],
    started: Sequence[Fact],
    allowance: Allowance,
) -> Iterator[Break]:
    for fact in facts:
        if fact.action != "status_viewed" and fact is not end and allowance.after(end, fact):
            yield fact.broken("5", f"happened after {end.name} ({end.place})")
    last = max((run.ends[-1] for run in runs if run.ends), key=lambda fact: fact.at, default=None)
    if end.action == "completed" and (last is None or last.action != "completed"):
        yield end.broken("5", "does not follow a completed job run")
    if end.action == "completed" and not started:
        yield end.broken("5", "is about a job without job.started")
    if end.action == "failed" and last is not None:
        if last.action == "completed":
            yield end.broken("5", f"follows a job run that completed ({last.place})")
        elif last.payload.get("will_retry"):
            yield end.broken("5", f"comes although another attempt was to follow ({last.place})")


def _run_breaks(run: Sequence[Fact], course: Course, allowance: Allowance) -> Iterator[Break]:
    if not course.facts:
        yield run[0].broken("2", "is within a job run of which nothing is told")
        return
    lost = any(end.payload.get("error_type") == WORKER_LOST for end in course.ends)
    yield from _one_start_one_end(course, allowance)
    yield from _between(course, run, allowance, in_lines=not lost)
    yield from _same(course.facts, ("worker", "attempt", "job_type"), "1")
    steps = sorted((fact for fact in run if fact.area != "job_run"), key=_step)
    for _, group in groupby(steps, key=_step):
        step = Course(rule="2", facts=list(group))
        yield from _one_start_one_end(step, allowance)
        yield from _between(step, step.facts, allowance, in_lines=not lost)


def _one_start_one_end(course: Course, allowance: Allowance) -> Iterator[Break]:
    starts, ends = course.starts, course.ends
    if not starts:
        yield course.facts[0].broken(course.rule, "has no start")
    for again in starts[1:]:
        yield again.broken(course.rule, f"is told again: it started at {starts[0].place}")
    if not ends and not allowance.ongoing:
        yield course.facts[0].broken(course.rule, "has no end")
    for again in ends[1:]:
        yield again.broken(course.rule, f"is a second end: it ended at {ends[0].place}")
    for start, end in zip(starts[:1], ends[:1], strict=False):
        if _span(start) != _span(end):
            yield end.broken("4", f"is in another span than its start ({start.place})")


def _between(
    course: Course, facts: Sequence[Fact], allowance: Allowance, *, in_lines: bool
) -> Iterator[Break]:
    """Yield what is told before the start or after the end, by time or by the file's order."""
    for start in course.starts[:1]:
        for fact in facts:
            if fact is not start and allowance.after(fact, start):
                yield fact.broken("6", f"happened before {start.name} ({start.place})")
            elif fact is not start and in_lines and _only_above(fact, start):
                yield fact.broken(course.rule, f"stands before {start.name} ({start.place})")
    for end in course.ends[:1]:
        for fact in facts:
            if fact is not end and allowance.after(end, fact):
                yield fact.broken("6", f"happened after {end.name} ({end.place})")
            elif fact is not end and in_lines and _only_above(end, fact):
                yield fact.broken(course.rule, f"stands after {end.name} ({end.place})")


def _attempts(
    runs: Sequence[Course], own: Sequence[Fact], retries: Sequence[int], allowance: Allowance
) -> Iterator[Break]:
    """Attempts count 1, 2, 3 without gaps, one after the other, and none after the last one."""
    told = sorted((run for run in runs if run.facts), key=_attempt)
    for worker, group in groupby(told, key=lambda run: run.facts[0].payload["worker"]):
        attempts = list(group)
        for number, run in enumerate(attempts, start=1):
            attempt = run.facts[0].payload["attempt"]
            if attempt != number:
                yield run.facts[0].broken("3", f"is attempt {attempt} of {worker}, not {number}")
                break
        for before, after in pairwise(attempts):
            yield from _one_after_the_other(before, after, retries, allowance)
        last = attempts[-1].ends
        given_up = own and own[-1].ends and own[-1].action != "cancelled"
        if given_up and last and last[-1].payload.get("will_retry"):
            yield last[-1].broken("3", "says that another attempt is to follow, and none does")


def _one_after_the_other(
    before: Course, after: Course, retries: Sequence[int], allowance: Allowance
) -> Iterator[Break]:
    start = after.facts[0]
    if not before.ends:
        if allowance.ongoing:
            yield start.broken("1", f"began before the attempt at {before.facts[0].place} ended")
        return
    end = before.ends[0]
    if allowance.after(start, end):
        yield start.broken("1", f"began before the last attempt ended ({end.place})")
    if end.action == "completed":
        yield start.broken("3", f"began although the last attempt completed ({end.place})")
    elif not end.payload.get("will_retry") and not _asked_for(retries, end, start):
        yield start.broken("5", f"began although no attempt was left ({end.place})")


def _asked_for(retries: Sequence[int], end: Fact, start: Fact) -> bool:
    """Tell whether a client started the job again in between."""
    return any(end.at <= retry <= start.at for retry in retries)


def _one_request(facts: Sequence[Fact]) -> Iterator[Break]:
    yield from _differing(
        facts, [fact.correlation["request_id"] for fact in facts], "4", "bears another request_id"
    )


def _same(facts: Sequence[Fact], keys: Sequence[str], rule: str) -> Iterator[Break]:
    for key in keys:
        values = [fact.payload[key] for fact in facts]
        yield from _differing(facts, values, rule, f"has another {key}")


def _differing(
    facts: Sequence[Fact], values: Sequence[object], rule: str, what: str
) -> Iterator[Break]:
    for fact, value in zip(facts, values, strict=True):
        if value != values[0]:
            yield fact.broken(rule, f"{what} than {facts[0].name} ({facts[0].place})")


def _attempt(run: Course) -> tuple[str, int, int]:
    first = run.facts[0]
    return first.payload["worker"], first.payload["attempt"], first.at


def _span(fact: Fact) -> tuple[str | None, str | None]:
    return fact.correlation["trace_id"], fact.correlation["span_id"]


def _only_above(upper: Fact, lower: Fact) -> bool:
    """Tell whether `upper` stands above `lower` wherever one file has both."""
    tops = _first_lines(upper)
    pairs = [(tops[file], line) for file, line in _first_lines(lower).items() if file in tops]
    return bool(pairs) and all(top < line for top, line in pairs)


def _first_lines(fact: Fact) -> dict[str, int]:
    lines: dict[str, int] = {}
    for place in (fact.place, *fact.repeats):
        lines[place.file] = min(place.line, lines.get(place.file, place.line))
    return lines

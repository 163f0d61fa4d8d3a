"""A table for people, JSON for programs."""

import json

from explorer.check import told
from tests.chaos.outcome import Outcome
from tests.chaos.run import Plan

TARGET_S = 15.0


def as_text(outcome: Outcome) -> str:
    """Return what came of a run, and every rule that was broken."""
    p50, p95 = outcome.recovery_s(0.5), outcome.recovery_s(0.95)
    rows = {
        "jobs accepted": outcome.accepted,
        **{f"jobs {status}": count for status, count in sorted(outcome.jobs.items())},
        **{f"job runs {status}": count for status, count in sorted(outcome.job_runs.items())},
        "event lines": outcome.lines,
        **dict(sorted(outcome.faults.items())),
        "faults": sum(outcome.faults.values()),
        "rules broken": len(outcome.breaks),
        "jobs lost": outcome.lost,
        "ends doubled": outcome.doubled_ends,
        "recoveries": len(outcome.recoveries_s),
        "recovery p50, s": f"{p50:.1f}",
        "recovery p95, s": f"{p95:.1f} (target {TARGET_S:.0f})",
    }
    width = max(map(len, rows))
    lines = [f"{name:<{width}}  {value}" for name, value in rows.items()]
    return "\n".join((*lines, *map(told, outcome.breaks)))


def as_json(plan: Plan, outcome: Outcome) -> str:
    """Return every figure, and of what run."""
    return json.dumps(
        {
            "seed": plan.seed,
            "seconds": plan.seconds,
            "workers": plan.workers,
            "settings": dict(plan.settings),
            "accepted": outcome.accepted,
            "jobs": dict(outcome.jobs),
            "job_runs": dict(outcome.job_runs),
            "faults": dict(outcome.faults),
            "breaks": list(map(told, outcome.breaks)),
            "lost": outcome.lost,
            "doubled_ends": outcome.doubled_ends,
            "recoveries_s": list(outcome.recoveries_s),
            "lines": outcome.lines,
        },
        indent=1,
    )

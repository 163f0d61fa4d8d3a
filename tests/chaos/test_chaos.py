"""A short run under faults: nothing is lost, doubled, or told wrongly."""

from pathlib import Path

from tests.chaos.report import as_text
from tests.chaos.run import Plan, carried_out

PLAN = Plan(
    seed=20261124,
    seconds=25,
    jobs=40,
    workers=5,
    fault_every_s=1.5,
    stalled_s=3,
    away_s=5,
    settings={
        "WORKER_HEARTBEAT_S": "0.3",
        "WORKER_STALLED_S": "3",
        "WORKER_GRACE_S": "2",
        "WORKER_LONGEST_DELAY_S": "5",
    },
)


def test_a_stack_under_faults_loses_nothing_and_tells_the_truth(tmp_path: Path) -> None:
    outcome = carried_out(PLAN, tmp_path, print)
    assert outcome.is_well, as_text(outcome)
    assert outcome.accepted == PLAN.jobs
    assert sum(outcome.jobs.values()) == PLAN.jobs
    assert outcome.jobs["completed"] > PLAN.jobs // 2
    assert len(outcome.faults) > 4, "the seed draws too few kinds"
    assert outcome.recoveries_s

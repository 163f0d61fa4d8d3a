"""Machines are cut off from each other: nothing is lost, and nobody waits for ever.

They need root's rights and iproute2; without, they fail and say so.
"""

import multiprocessing
import os
import pwd
import threading
import time
from pathlib import Path

import psycopg
import pytest

from store.database import database_url
from tests.scale.network import NetworkError, network
from tests.scale.partition import MACHINES, Plan, carried_out
from tests.scale.postgres import postgres_on
from tests.scale.report import of_partition

# Far below the kernel's own patience of 15 minutes and 2 hours, far above what it takes.
PATIENCE_S = 90.0

SHORT = {
    "WORKER_HEARTBEAT_S": "0.5",
    "WORKER_STALLED_S": "4",
    "WORKER_GRACE_S": "2",
    "WORKER_LONGEST_DELAY_S": "5",
}


@pytest.mark.parametrize("cut", MACHINES[1:])
def test_a_machine_is_cut_off_and_nothing_is_lost(cut: str, tmp_path: Path) -> None:
    plan = Plan(
        cut=cut, cut_after_s=8, cut_for_s=20, seconds=40, jobs=60, seed=20261125, settings=SHORT
    )
    partition = carried_out(plan, tmp_path, print)
    assert partition.is_well, of_partition(partition)
    assert partition.outcome.accepted == plan.jobs
    assert sum(partition.outcome.jobs.values()) == plan.jobs
    assert partition.outcome.jobs["completed"] > plan.jobs // 2
    if cut == "workers-2":
        assert partition.during > 0, "the other worker machine stood still"
        assert partition.cut_work.late == 0, "a run was ended by a machine that was lost"
        assert partition.cut_work.back_s is not None, "a worker of the machine did not come back"


def test_what_a_machine_has_locked_is_free_again_once_it_is_cut_off() -> None:
    with network(["database", "holder"]) as machines, postgres_on(machines["database"], None) as at:
        url = database_url({"DATABASE_URL": at.url})
        with machines["holder"].entered():
            holder = psycopg.connect(url)
        holder.execute("SELECT pg_advisory_xact_lock(1)")
        machines["holder"].cut_off()
        with psycopg.connect(at.local_url) as waiting:
            waiting.execute(f"SET lock_timeout = '{PATIENCE_S} s'".encode())
            waiting.execute("SELECT pg_advisory_xact_lock(1)")


def test_who_waits_for_an_answer_of_a_machine_that_is_cut_off_is_told() -> None:
    with network(["database", "asking"]) as machines, postgres_on(machines["database"], None) as at:
        url = database_url({"DATABASE_URL": at.url})
        with machines["asking"].entered():
            asking = psycopg.connect(url)
        cutting = threading.Timer(1, machines["asking"].cut_off)
        cutting.start()
        began_s = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            asking.execute("SELECT pg_sleep(%s)", [2 * PATIENCE_S])
        assert time.monotonic() - began_s < PATIENCE_S
        cutting.join()


def test_without_root_it_says_what_is_missing() -> None:
    child = multiprocessing.get_context("fork").Process(target=_ask_as_somebody_else)
    child.start()
    child.join()
    assert child.exitcode == 0


def _ask_as_somebody_else() -> None:
    if os.geteuid() == 0:
        os.setuid(pwd.getpwnam("nobody").pw_uid)
    with pytest.raises(NetworkError, match="root"), network(["lonely"]):
        pass

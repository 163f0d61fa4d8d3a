"""Machines are cut off from each other: nothing is lost, and nobody waits for ever.

They need root's rights and iproute2; without, they fail and say so.
"""

import multiprocessing
import os
import pwd
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from explorer.check import check_files
from stack.processes import Service
from store.database import database_url
from tests.scale.network import NetworkError, network
from tests.scale.partition import MACHINES, Plan, carried_out
from tests.scale.postgres import postgres_on
from tests.scale.report import of_partition
from tests.scale.site import Process, Site, running_site

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


def test_the_late_result_of_a_machine_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    scripts, lines = tmp_path / "scripts", tmp_path / "lines"
    scripts.mkdir()
    lines.mkdir()
    workers = [
        Process(
            machine=machine,
            module="tests.integration.scripted_worker",
            arguments=("indexer", str(scripts), "wait", "done"),
        )
        for machine in ("workers-1", "workers-2")
    ]
    with running_site(workers=workers, programs=None, settings=SHORT, folder=lines) as site:
        [[takes_over], [late]] = site.services["workers-1"], site.services["workers-2"]
        machine = site.machines["workers-2"]
        late.start()
        job_id = _new_job(site)
        _wait(lambda: site.query(_ATTEMPTS, job_id) == [("started", None)])
        machine.cut_off()
        takes_over.start()
        ended = [("failed", "worker_lost"), ("completed", None)]
        _wait(lambda: site.query(_ATTEMPTS, job_id) == ended)
        machine.connect()
        [[since]] = site.query("SELECT now()")
        _wait(lambda: site.query(_ASKED_SINCE, since, machine.address) == [(True,)])
        (scripts / "release-1").touch()
        _wait(lambda: _takes_another_job(site, late, lines))  # so it is done with the first
        assert site.wait_until_ended(PATIENCE_S)
        site.stop()
        assert site.query(_ATTEMPTS, job_id) == ended
        assert not check_files(site.folders.event_files()).breaks
        of_job = [line for line in _lines(lines, late) if job_id in line]
        assert any("job_run.started" in line for line in of_job)
        assert not any("job_run.completed" in line or "job_run.failed" in line for line in of_job)


_ATTEMPTS = "SELECT status, error_type FROM job_runs WHERE job_id = %s ORDER BY attempt"
_ASKED_SINCE = """
    SELECT bool_or(query_start > %s) FROM pg_stat_activity WHERE host(client_addr) = %s
"""


def _new_job(site: Site) -> str:
    [[document_id]] = site.query(
        "INSERT INTO documents (document_id, title) VALUES (gen_random_uuid(), 'any')"
        " RETURNING document_id::text"
    )
    with site.client() as client:
        answer = client.post("/jobs", json={"document_id": document_id, "job_type": "index"})
        return str(answer.raise_for_status().json()["job_id"])


def _takes_another_job(site: Site, service: Service, lines: Path) -> bool:
    site.keep_running()
    _new_job(site)
    return sum("job_run.started" in line for line in _lines(lines, service)) > 1


def _lines(folder: Path, service: Service) -> list[str]:
    return (folder / "events" / f"{service.name}.jsonl").read_text().splitlines()


def _wait(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


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

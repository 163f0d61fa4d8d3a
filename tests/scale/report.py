"""Tables for people."""

from collections.abc import Sequence

from tests.chaos.report import as_text
from tests.scale.partition import Partition
from tests.scale.throughput import Throughput


def of_partition(partition: Partition) -> str:
    """Return what came of a partition, and every rule that was broken."""
    work = partition.cut_work
    rows = {
        "server": f"{partition.postgres}, TCP, {'TLS' if partition.tls else 'no TLS'}, password",
        "jobs ended meanwhile": partition.during,
        "runs open at the cut": work.open_runs,
        "  closed as lost by others": work.lost,
        "  ended by itself, late": work.late,
        "  ended by both": work.doubled,
        "back at work after, s": "-" if work.back_s is None else f"{work.back_s:.1f}",
    }
    width = max(map(len, rows))
    table = "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())
    return f"{table}\n\n{as_text(partition.outcome)}"


def of_throughput(measured: Sequence[Throughput]) -> str:
    """Return the figures, a line for each number of machines; CPU time is a job's."""
    titles = (
        "machines",
        "processes",
        "jobs",
        "jobs/s",
        "run p50, ms",
        "CPU, ms",
        "server's",
        "load",
    )
    rows = [
        (
            str(one.machines),
            str(one.processes),
            str(one.jobs),
            f"{one.jobs_per_s:.1f}",
            f"{one.run_p50_ms:.1f}",
            f"{one.workers_cpu_ms:.1f}",
            f"{one.database_cpu_ms:.1f}",
            f"{one.load_before:.1f}",
        )
        for one in measured
    ]
    table = "\n".join("  ".join(f"{cell:>11}" for cell in row) for row in (titles, *rows))
    of_api = max(one.connections["api"] for one in measured)
    of_worker = max(one.connections["worker"] for one in measured)
    connections = f"connections at most: API {of_api:.0f}, worker process {of_worker:.1f}"
    memory = (
        f"memory of a worker machine: {max(one.worker_machine_mib for one in measured):.0f} MiB"
    )
    return f"{measured[0].postgres}\n{table}\n{connections}\n{memory}"

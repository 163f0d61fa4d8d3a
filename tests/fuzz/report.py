"""What a run came to, as a table."""

from collections import Counter

from tests.fuzz.run import Tally


def as_text(tally: Tally) -> str:
    """Return how each operation was answered, and the sum."""
    operations = sorted({operation for operation, _ in tally.answers})
    width = max(map(len, operations), default=0)
    rows = [f"{operation:<{width}}  {_statuses(tally, operation)}" for operation in operations]
    total = (
        f"{tally.cases:,} cases in {tally.rounds} rounds: {tally.server_errors} errors of the "
        f"server, {tally.unanswered} without an answer, {tally.failed} rounds with failed checks"
    )
    return "\n".join([*rows, total])


def _statuses(tally: Tally, operation: str) -> str:
    counts = Counter(
        {status: count for (name, status), count in tally.answers.items() if name == operation}
    )
    return "  ".join(f"{status}: {count:,}" for status, count in sorted(counts.items()))

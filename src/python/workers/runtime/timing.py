"""How soon a lost worker is noticed."""

from collections.abc import Mapping
from dataclasses import dataclass

from workers.runtime.settings import InvalidSetting, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The same for all workers of a database; all in seconds.

    A worker tells that it lives every `heartbeat_s`, and is lost when it was silent for
    `stalled_s`. When it is stopped, its run may go on for `grace_s`. After a failure it waits for
    about twice as long as after the one before, up to `longest_delay_s`.
    """

    heartbeat_s: float = 2.0
    stalled_s: float = 10.0
    grace_s: float = 6.0
    longest_delay_s: float = 60.0

    def __post_init__(self) -> None:
        # No heartbeat is sent while the worker stops.
        if self.heartbeat_s + self.grace_s >= self.stalled_s:
            raise InvalidSetting(
                f"WORKER_STALLED_S ({self.stalled_s:g}) must be more than WORKER_HEARTBEAT_S "
                f"({self.heartbeat_s:g}) and WORKER_GRACE_S ({self.grace_s:g}) together"
            )


def timing_from(environment: Mapping[str, str]) -> Timing:
    """Read WORKER_HEARTBEAT_S, _STALLED_S, _GRACE_S and _LONGEST_DELAY_S. Raises InvalidSetting."""
    usual = Timing()
    return Timing(
        heartbeat_s=seconds(environment, "WORKER_HEARTBEAT_S", usual.heartbeat_s),
        stalled_s=seconds(environment, "WORKER_STALLED_S", usual.stalled_s),
        grace_s=seconds(environment, "WORKER_GRACE_S", usual.grace_s),
        longest_delay_s=seconds(environment, "WORKER_LONGEST_DELAY_S", usual.longest_delay_s),
    )

"""`python -m workers.diarize`."""

from workers.runtime.active_run import Handler
from workers.runtime.command import worker_command


def _make_handler() -> Handler:
    from workers.diarize.speakers import HeuristicDiarizer
    from workers.diarize.worker import diarize_with

    return diarize_with(HeuristicDiarizer())


if __name__ == "__main__":
    worker_command("diarize", "Tell the speakers of a recording apart.", _make_handler)

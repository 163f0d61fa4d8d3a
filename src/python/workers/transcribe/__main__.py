"""`python -m workers.transcribe`."""

from workers.runtime.active_run import Handler
from workers.runtime.command import worker_command


def _make_handler() -> Handler:
    from workers.transcribe.speech import FasterWhisperTranscriber
    from workers.transcribe.worker import transcribe_with

    return transcribe_with(FasterWhisperTranscriber())


if __name__ == "__main__":
    worker_command("transcribe", "Turn speech and captions into segments.", _make_handler)

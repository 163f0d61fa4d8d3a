"""Writes event lines that keep the contracts, as services would."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import observability as obs

LAYER = {"layer_version": "1.0.0", "model_provider": "sample", "model_id": "embedder-7"}
ENDS = ("completed", "failed")


class Teller:
    """Tells the story of one request and its job, line by line, from `start` on."""

    def __init__(self, start: datetime | None = None) -> None:
        self.request_id, self.job_id = obs.new_uuid(), obs.new_uuid()
        self.trace_id = f"{int(self.request_id.replace('-', ''), 16):032x}"
        self.lines: list[str] = []
        self.at = start or datetime.now(UTC) - timedelta(seconds=60)
        self._spans = count(1)
        self._run_id: str | None = None

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)

    def tell(
        self,
        name: str,
        *,
        service: str,
        severity: str = "info",
        job: bool = True,
        actor: dict[str, str] | None = None,
        **payload: Any,
    ) -> str:
        """Add a line; return its event id."""
        event_id = obs.new_uuid()
        envelope = {
            "schema_version": "2.0.0",
            "event_id": event_id,
            "event_name": f"narralytica.{name}",
            "occurred_at": self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "severity": severity,
            "correlation": {
                "request_id": self.request_id,
                "job_id": self.job_id if job else None,
                "job_run_id": self._run_id if job else None,
                "trace_id": self.trace_id,
                "span_id": f"{next(self._spans):016x}",
            },
            "actor": {
                "service_name": service,
                "service_version": "0.1.0",
                "env": "test",
                "host": "host-1",
                **(actor or {}),
            },
            "payload": payload,
        }
        self.lines.append(json.dumps(envelope))
        return event_id

    def job(self, action: str, **more: Any) -> None:
        """Tell of the job itself."""
        service = "api" if action == "created" else "worker-ingest"
        payload: dict[str, Any] = {"job_type": "ingest", "status": action, **more}
        if action != "created":
            payload["attempt"] = 1
        self.tell(f"job.{action}", service=service, severity=_severity(action), **payload)

    def run(self, worker: str, attempt: int = 1, seconds: float = 1.0) -> None:
        """Tell of a run that completes."""
        self.begin(worker, attempt)
        self.wait(seconds)
        self.end(worker, "completed", attempt, latency_ms=seconds * 1000)

    def begin(self, worker: str, attempt: int = 1) -> None:
        """Tell that a run starts."""
        self._run_id = obs.new_uuid()
        self._run(worker, "started", attempt)

    def end(self, worker: str, action: str, attempt: int = 1, **more: Any) -> None:
        """Tell how a run ends."""
        self._run(worker, action, attempt, **more)
        self._run_id = None

    def _run(self, worker: str, action: str, attempt: int, **more: Any) -> None:
        about: dict[str, Any] = {
            "job_type": "ingest",
            "worker": worker,
            "attempt": attempt,
            "status": action,
        }
        service, severity = f"worker-{worker}", _severity(action)
        self.tell(f"job_run.{action}", service=service, severity=severity, **about, **more)

    def layer(self, name: str, action: str, attempt: int = 1, **more: Any) -> None:
        """Tell of a layer."""
        about: dict[str, Any] = {"layer_name": name, "status": action, "attempt": attempt, **LAYER}
        severity = _severity(action)
        self.tell(f"layer.{action}", service="worker-enrich", severity=severity, **about, **more)


def _severity(action: str) -> str:
    return "error" if action == "failed" else "info"


def failed_job(start: datetime | None = None) -> Teller:
    """Tell of a job whose third attempt at enriching, its last, fails at the layer embedding."""
    story = Teller(start)
    story.job("created")
    story.wait(0.2)
    story.job("started")
    story.run("ingest", seconds=0.4)
    story.wait(0.1)
    story.run("transcribe", seconds=3.2)
    story.wait(0.1)
    story.run("diarize", seconds=0.8)
    for attempt in (1, 2, 3):
        story.wait((0.3, 2.5, 6.0)[attempt - 1])
        story.begin("enrich", attempt)
        story.wait(0.05)
        story.layer("sentiment", "started", attempt)
        story.wait(0.2)
        story.layer("sentiment", "completed", attempt, latency_ms=200.0)
        story.layer("embedding", "started", attempt)
        story.wait(0.9)
        why = {"error_type": "ModelUnavailable", "error_message": "the model does not answer"}
        story.layer("embedding", "failed", attempt, latency_ms=900.0, **why)
        retry = attempt < 3
        story.end("enrich", "failed", attempt, latency_ms=1150.0, will_retry=retry, **why)
    story.job("failed", latency_ms=16_000.0, error_type="ModelUnavailable")
    return story


def completed_job(start: datetime | None = None) -> Teller:
    """Tell of a job in which everything goes well."""
    story = Teller(start)
    story.job("created")
    story.job("started")
    for worker in ("ingest", "transcribe", "diarize"):
        story.run(worker, seconds=0.5)
    story.begin("enrich")
    story.layer("sentiment", "started")
    story.wait(0.1)
    story.layer("sentiment", "completed", latency_ms=100.0)
    story.end("enrich", "completed", latency_ms=110.0)
    story.run("indexer", seconds=0.2)
    story.job("completed", latency_ms=1900.0)
    return story

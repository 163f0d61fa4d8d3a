"""The one event that every subject writes, piece by piece."""

from typing import Any

EVENT_NAME = "narralytica.layer.completed"
SCHEMA_VERSION = "1.0.0"
SERVICE_NAME = "worker-enrich"
SERVICE_VERSION = "1.0.0"
ENV = "local"
HOST = "enrich-7d9f4c6b8-x2x5k"

REQUEST_ID = "01931f5c-8f5e-7c52-9f0e-1f6d2f1f7a01"
JOB_ID = "01931f5c-8f5f-7c11-8a52-0d9d6a0b7b02"
JOB_RUN_ID = "01931f5c-9021-7d33-b6a1-6c2e8a4f9c03"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN_ID = "00f067aa0ba902b7"

CORRELATION = {
    "request_id": REQUEST_ID,
    "job_id": JOB_ID,
    "job_run_id": JOB_RUN_ID,
    "trace_id": TRACE_ID,
    "span_id": SPAN_ID,
}
ACTOR = {
    "service_name": SERVICE_NAME,
    "service_version": SERVICE_VERSION,
    "env": ENV,
    "host": HOST,
}


def payload(latency_ms: float) -> dict[str, Any]:
    """Return the payload of a layer that took `latency_ms` milliseconds."""
    return {
        "layer_name": "sentiment",
        "layer_version": "1.2.0",
        "status": "completed",
        "attempt": 1,
        "latency_ms": latency_ms,
        "model_provider": "vaderSentiment",
        "model_id": "vader-lexicon-3.3.2",
        "tokens_in": 5120,
        "tokens_out": 128,
    }


#: Milliseconds; every event tells of the same layer.
LATENCY_MS = 41.279

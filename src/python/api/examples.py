"""What the OpenAPI document shows: one recording, and what became of it."""

import json
from typing import Any

from api.described import REQUEST_ID

DOCUMENT_ID = "019ab3c1-5d2e-7c40-9a11-3f0c5e8b7a10"
JOB_ID = "019ab3c1-5d30-7a55-8e02-61d4c0a9b321"
JOB_RUN_ID = "019ab3c1-6f02-7b1d-a0c4-2d9e8f7a6b50"
EXPLORER_URL = "http://127.0.0.1:8001/explorer"
IDEMPOTENCY_KEY = "5d0f6f0e-upload-of-tuesday"

ACCEPTED: dict[str, Any] = {
    "job_id": JOB_ID,
    "document_id": DOCUMENT_ID,
    "job_type": "ingest",
    "status": "created",
}
JOB: dict[str, Any] = {
    "job_id": JOB_ID,
    "request_id": REQUEST_ID,
    "document_id": DOCUMENT_ID,
    "job_type": "ingest",
    "layers": None,
    "status": "started",
    "attempt": 1,
    "error_type": None,
    "created_at": "2026-11-24T01:39:04.551000Z",
    "ended_at": None,
}
JOB_WITH_RUNS: dict[str, Any] = {
    **JOB,
    "trace_url": f"{EXPLORER_URL}/trace/{JOB_ID}",
    "runs": [
        {
            "job_run_id": JOB_RUN_ID,
            "worker": "ingest",
            "attempt": 1,
            "status": "completed",
            "error_type": None,
            "started_at": "2026-11-24T01:39:04.562000Z",
            "ended_at": "2026-11-24T01:39:04.675000Z",
        }
    ],
}
JOB_EVENT = f"event: job\ndata: {json.dumps(JOB_WITH_RUNS)}\nid: 0b8e1c6d94f2a735\n\n"
CANCELLED_JOB: dict[str, Any] = {
    **JOB_WITH_RUNS,
    "status": "cancelled",
    "ended_at": "2026-11-24T01:39:06.120000Z",
}
DOCUMENT: dict[str, Any] = {
    "document_id": DOCUMENT_ID,
    "title": "interview.vtt",
    "kind": "subtitles",
    "duration_ms": None,
    "language": "en",
    "created_at": "2026-11-24T01:39:04.550000Z",
}
LAYER: dict[str, Any] = {
    "layer_name": "sentiment",
    "layer_version": "1.0.0",
    "model_provider": "vaderSentiment",
    "model_id": "vader-3.3.2",
    "document_value": None,
}
LAYERED_SEGMENT: dict[str, Any] = {
    "ordinal": 0,
    "start_ms": 1000,
    "end_ms": 4000,
    "speaker": "Grace",
    "text": "The lamp of the lighthouse was lit.",
    "value": {"label": "neutral", "score": 0.0},
}
HIT: dict[str, Any] = {
    "document_id": DOCUMENT_ID,
    "title": "interview.vtt",
    "language": "en",
    "text": "The lamp of the lighthouse was lit.",
    "fragments": [
        {"text": "The ", "matched": False},
        {"text": "lamp", "matched": True},
        {"text": " of the lighthouse was lit.", "matched": False},
    ],
    "start_ms": 1000,
    "end_ms": 4000,
    "speaker": "Grace",
    "score": 0.0328,
}

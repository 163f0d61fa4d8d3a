"""The nouns that API and workers share, as immutable values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, get_args

from store.pipeline import JobType, LayerName

JobEnd = Literal["completed", "failed", "cancelled"]
JobStatus = Literal["created", "started", "completed", "failed", "cancelled"]
RunStatus = Literal["started", "completed", "failed", "cancelled"]
Rendition = Literal["original", "audio"]


class MediaKind(StrEnum):
    """What an accepted document is made of, as sniffed from its bytes."""

    AUDIO = "audio"
    SUBTITLES = "subtitles"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of a document's transcript.

    `start_ms` and `end_ms` are milliseconds from the start of the media; both are None for text
    that has no time axis. `speaker` is None until somebody (a cue or the diarizer) names one.
    """

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a client asked for, and where it is; `layers` None asks for every layer."""

    job_id: str
    request_id: str | None
    document_id: str
    job_type: JobType
    layers: list[LayerName] | None
    status: JobStatus
    attempt: int
    error_type: str | None
    created_at: datetime
    ended_at: datetime | None
    entry_id: int | None

    @property
    def ended(self) -> bool:
        """Whether the job has come to its end, good or bad; it stays there unless retried."""
        return self.status in get_args(JobEnd)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One attempt of one worker at a job."""

    job_id: str
    job_run_id: str
    worker: str
    attempt: int
    status: RunStatus
    error_type: str | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What was accepted; `kind`, `duration_ms` and `language` are None until a worker finds out."""

    document_id: str
    title: str
    kind: MediaKind | None
    duration_ms: int | None
    language: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSummary:
    """A computed layer, less what it says of each segment.

    `document_value` is what it says of the document as a whole, if anything.
    """

    layer_name: str
    layer_version: str
    model_provider: str
    model_id: str
    document_value: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(LayerSummary):
    """A computed layer: one JSON value a segment, in the order of the segments."""

    values: Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayeredSegment:
    """A segment, and what a layer says of it."""

    ordinal: int
    segment: Segment
    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A segment as the search index knows it."""

    segment: Segment
    embedding: tuple[float, ...]
    labels: frozenset[str] = frozenset()

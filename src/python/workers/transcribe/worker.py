"""The transcribe worker: from speech or captions to segments."""

import asyncio
import tempfile
from pathlib import Path

from psycopg import AsyncConnection

from store.documents import document_kind, read_media, set_language
from store.layers import replace_segments
from store.model import MediaKind, Rendition
from workers.runtime.active_run import ActiveRun, Effect, Handler
from workers.transcribe.captions import read_captions
from workers.transcribe.speech import Transcriber, Transcript


def transcribe_with(transcriber: Transcriber) -> Handler:
    """Return the worker's handler; captions and text skip speech recognition."""

    async def transcribe(run: ActiveRun) -> Effect:
        document_id = run.job.document_id
        async with run.database.connection() as connection:
            kind = await document_kind(connection, document_id)
        transcript = await _transcript(run, kind, transcriber)

        async def effect(connection: AsyncConnection) -> None:
            await set_language(connection, document_id, transcript.language)
            await replace_segments(connection, document_id, transcript.segments)

        return effect

    return transcribe


async def _transcript(run: ActiveRun, kind: MediaKind, transcriber: Transcriber) -> Transcript:
    with tempfile.TemporaryDirectory(prefix="narralytica-transcribe-") as folder:
        media = Path(folder, "media")
        rendition: Rendition = "audio" if kind is MediaKind.AUDIO else "original"
        async with run.database.connection() as connection:
            await read_media(connection, run.job.document_id, rendition, media)
        if kind is MediaKind.AUDIO:
            return await asyncio.to_thread(transcriber.transcribe, media)
        segments = await asyncio.to_thread(read_captions, media)
        return Transcript(language=None, segments=segments)

"""The ingest worker: finds out what a document is, and brings its sound into one form."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from psycopg import AsyncConnection

from store.documents import CHUNK_BYTES, describe_document, read_media, write_media
from store.model import MediaKind
from workers.ingest.media import decode_audio, sniff
from workers.runtime.active_run import ActiveRun, Effect


async def ingest(run: ActiveRun) -> Effect:
    """Sniff the media; decode audio to the rendition that later workers read."""
    document_id = run.job.document_id
    with tempfile.TemporaryDirectory(prefix="narralytica-ingest-") as folder:
        original, audio = Path(folder, "original"), Path(folder, "audio.flac")
        async with run.database.connection() as connection:
            await read_media(connection, document_id, "original", original)
        kind = await asyncio.to_thread(sniff, original)
        duration_ms: int | None = None
        if kind is MediaKind.AUDIO:
            duration_ms = (await asyncio.to_thread(decode_audio, original, audio)).duration_ms
            async with run.database.connection() as connection, connection.transaction():
                await write_media(connection, document_id, "audio", _chunks(audio))

    async def effect(connection: AsyncConnection) -> None:
        await describe_document(connection, document_id, kind=kind, duration_ms=duration_ms)

    return effect


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk

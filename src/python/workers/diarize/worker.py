"""The diarize worker: says who speaks, where nobody has said so yet."""

import asyncio
import tempfile
from pathlib import Path

from psycopg import AsyncConnection

from store.documents import document_kind, read_media
from store.layers import read_segments, replace_segments
from store.model import MediaKind
from workers.diarize.speakers import Diarizer
from workers.runtime.active_run import ActiveRun, Effect, Handler


def diarize_with(diarizer: Diarizer) -> Handler:
    """Return the worker's handler; captions and text keep the speakers that they name."""

    async def diarize(run: ActiveRun) -> Effect:
        document_id = run.job.document_id
        async with run.database.connection() as connection:
            kind = await document_kind(connection, document_id)
            segments = tuple(await read_segments(connection, document_id))
        if kind is MediaKind.AUDIO:
            with tempfile.TemporaryDirectory(prefix="narralytica-diarize-") as folder:
                audio = Path(folder, "audio.flac")
                async with run.database.connection() as connection:
                    await read_media(connection, document_id, "audio", audio)
                segments = await asyncio.to_thread(diarizer.diarize, audio, segments)

        async def effect(connection: AsyncConnection) -> None:
            await replace_segments(connection, document_id, segments)

        return effect

    return diarize

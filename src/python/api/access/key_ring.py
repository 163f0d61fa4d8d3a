"""The keys that are good now, as this process knows them."""

import asyncio
import hmac
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from store.api_keys import UsableKey, any_key, note_use, usable_keys
from store.database import Database
from store.key_text import parse_key

#: A key that is made, revoked or expires is known after so many seconds at most.
FRESH_S = 2.0

#: While the database does not answer, the keys last known hold for so many seconds, then none.
STALE_S = 10.0

# How long a request waits for the keys before it goes on with those last known.
_PATIENCE_S = 1.0


class KeysUnknown(Exception):
    """The database has not said for too long which keys there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What the database said: the usable keys, and whether requests need one.

    They do from the first key on that is made, and go on to when the last is revoked: that closes
    the API, and opens it to nobody.
    """

    required: bool
    usable: Mapping[str, UsableKey]

    def find(self, text: str) -> UsableKey | None:
        """Return the key whose text this is."""
        given = parse_key(text)
        key = None if given is None else self.usable.get(given.key_id)
        if given is None or key is None:
            return None
        return key if hmac.compare_digest(given.digest(), key.secret_digest) else None


class KeyRing:
    """Reads the keys at most every two seconds, when a request asks; all requests share it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: Keys | None = None
        self._read_s = self._tried_s = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._noted: set[str] = set()

    async def keys(self) -> Keys:
        """Return the keys. Raises KeysUnknown."""
        if time.monotonic() - self._tried_s > FRESH_S:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read())
            await asyncio.wait([self._reading], timeout=_PATIENCE_S)
        keys = self._keys
        # Where no key is required, none can have been revoked.
        if keys is None or (keys.required and time.monotonic() - self._read_s > STALE_S):
            raise KeysUnknown
        return keys

    async def note(self, key: UsableKey) -> None:
        """Note in the database that a key is used today, once a day."""
        if key.used_today or key.key_id in self._noted:
            return
        self._noted.add(key.key_id)
        # A full database is no reason to refuse a search.
        with suppress(psycopg.Error):
            async with self._database.connection() as connection:
                await note_use(connection, key.key_id)

    async def _read(self) -> None:
        began_s = time.monotonic()
        try:
            async with self._database.connection() as connection:
                usable = await usable_keys(connection)
                required = bool(usable) or await any_key(connection)
        except psycopg.Error:
            self._tried_s = time.monotonic()
        else:
            self._keys = Keys(required=required, usable=usable)
            self._read_s = self._tried_s = began_s
            self._noted.clear()

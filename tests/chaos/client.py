"""A client that sends every job until it is accepted, however often the API is away."""

import threading
import time
from collections.abc import Sequence
from uuid import UUID

import httpx

PAUSE_S = 0.5


class Client(threading.Thread):
    """Sends one job after the other, each when its time has come; `accepted` are their ids.

    Each is sent with an Idempotency-Key: an answer may be lost although the job was accepted.
    """

    def __init__(self, api_url: str, keys: Sequence[UUID], every_s: float) -> None:
        super().__init__(name="chaos client", daemon=True)
        self.accepted: list[str] = []
        self._api_url = api_url
        self._keys = keys
        self._every_s = every_s

    def run(self) -> None:
        """Send them all."""
        began_s = time.monotonic()
        with httpx.Client(base_url=self._api_url, timeout=30) as client:
            for number, key in enumerate(self._keys):
                time.sleep(max(0.0, began_s + number * self._every_s - time.monotonic()))
                self.accepted.append(_send(client, key))


def _send(client: httpx.Client, key: UUID) -> str:
    headers = {"Idempotency-Key": str(key)}
    body = {"text": f"The text of the request {key}."}
    while True:
        try:
            answer = client.post("/ingest", json=body, headers=headers)
        except httpx.TransportError:
            time.sleep(PAUSE_S)
            continue
        if answer.is_success:
            return str(answer.json()["job_id"])
        if not answer.is_server_error:
            answer.raise_for_status()
        time.sleep(PAUSE_S)

"""A client at a desk with a fake clock, for tests of what is sent and what is repeated."""

from collections.abc import Callable
from typing import Any

import httpx

from epass.upload import NfcPayload, UploadedMedia, UploadEvent, VeriffClient

KEY, SECRET = "api-key", "shared-secret"
SESSION = "86c71df5-c163-4022-9c94-1fb6dc903a98"
PAYLOAD = NfcPayload(b"\x60com" * 5, b"\x77sod" * 400, b"\x61dg1" * 20, b"\x75dg2" * 5000)
SUCCESS = {"status": "success", "nfcDocument": {"id": "1"}}

Handler = Callable[[httpx.Request], httpx.Response]


class Desk:
    """A client with a fake clock: ``slept`` has the waits, ``events`` the progress."""

    def __init__(self, transport: httpx.BaseTransport, **options: Any) -> None:
        self.slept: list[float] = []
        self.events: list[UploadEvent] = []
        self.client = VeriffClient(
            KEY,
            SECRET,
            "https://station.example",
            transport=transport,
            sleep=self.slept.append,
            on_event=self.events.append,
            **{"jitter": lambda wait: wait, "clock": lambda: 0.0, **options},
        )

    def upload(self, session_id: str = SESSION) -> UploadedMedia:
        with self.client:
            return self.client.upload_nfc(session_id, PAYLOAD)


def answering(*answers: httpx.Response | Exception) -> tuple[list[httpx.Request], Handler]:
    """A handler that gives ``answers`` in turn, and the requests it got."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        answer = answers[len(seen) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return seen, handle


def desk(*answers: httpx.Response | Exception, **options: Any) -> tuple[list[httpx.Request], Desk]:
    seen, handle = answering(*answers)
    return seen, Desk(httpx.MockTransport(handle), **options)

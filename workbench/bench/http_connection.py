"""A minimal keep-alive HTTP connection with one request in flight, for thousands per second."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Response:
    """The response to a request.

    Attributes:
        status: The HTTP status, 0 when the connection broke first.
        took_s: Seconds from the write to the socket to the complete response.
        retry_after: True when the response has a ``Retry-After`` header.
    """

    number: int
    status: int
    took_s: float
    retry_after: bool


class HttpConnection(asyncio.Protocol):
    """Sends requests and reports their responses."""

    def __init__(self, on_response: Callable[["HttpConnection", Response], None]) -> None:
        self._on_response = on_response
        self._number: int | None = None
        self._sent_at = 0.0
        self._data = b""
        self.open = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.open = True

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._number is not None:
            self._finish(0)

    def send(self, number: int, request: bytes) -> None:
        """Send a request; the previous one must have its response."""
        self._number, self._sent_at = number, time.perf_counter()
        self._transport.write(request)

    @override
    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r")[0]
        if end and len(body) >= int(length or 0):
            self._finish(int(head[9:12]))

    def close(self) -> None:
        """Close the connection."""
        if self.open:
            self._transport.close()

    def _finish(self, status: int) -> None:
        number, self._number = self._number, None
        retry_after, self._data = b"Retry-After: " in self._data, b""
        if number is not None:
            took_s = time.perf_counter() - self._sent_at
            self._on_response(self, Response(number, status, took_s, retry_after))

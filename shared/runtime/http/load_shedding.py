"""Load shedding at the socket: reject requests before they are parsed.

A server that is offered five times its capacity rejects four times as often as it accepts, so a
rejection must cost a small part of an acceptance: here it costs a look at the bytes and one write.
An accepted request holds its slot from that moment on, so of hundreds that arrive at once exactly
as many are accepted as there are slots.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from typing_extensions import override

from shared.runtime.http.problem_details import ProblemDetailsConnection


@dataclass(frozen=True, slots=True)
class EarlyRejectGate:
    """Admission control for one kind of request.

    Attributes:
        request_line: The first bytes of such a request, up to the space before the HTTP version.
        try_acquire: Takes a slot and returns None, or returns the whole response that rejects.
        release: Returns a slot that no handler has adopted.
    """

    request_line: bytes
    try_acquire: Callable[[], bytes | None]
    release: Callable[[], None]


def adopt_slot(request: web.Request) -> bool:
    """Return True when the request passed a gate; the handler must then release its slot."""
    connection = request.protocol
    if not isinstance(connection, GatedConnection) or not connection.holds_slot:
        return False
    connection.holds_slot = False
    return True


def serialize_response(response: web.Response) -> bytes:
    """Return the bytes of a response on a connection that stays open."""
    body = response.body if isinstance(response.body, bytes) else b""
    head = [f"HTTP/1.1 {response.status} {response.reason}"]
    head += [f"{name}: {value}" for name, value in response.headers.items()]
    head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def is_one_request(data: bytes) -> bool:
    """Return True when the bytes are exactly one complete request.

    Args:
        data: One chunk from a connection on which a request must begin next.
    """
    head, end, body = data.partition(b"\r\n\r\n")
    head = head.lower()
    if not end or b"\r\ntransfer-encoding:" in head or b"\r\nexpect:" in head:
        return False
    length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0].strip()
    return len(body) == (int(length) if length.isdigit() else 0)


class GatedConnection(ProblemDetailsConnection):
    """A connection on which a request that arrives in one chunk may be rejected unparsed.

    After any other chunk only aiohttp's parser knows where requests begin, so the gate is off for
    the rest of the connection. This reads private attributes of aiohttp's protocol (``_waiter``,
    ``_messages``, ``_paused``), so aiohttp is pinned exactly.

    Attributes:
        holds_slot: True when a request passed the gate and no handler has adopted its slot yet.
    """

    __slots__ = ("_chunks_are_requests", "_gate", "holds_slot")

    def __init__(
        self, server: web.Server, gate: EarlyRejectGate, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(server, loop=loop, access_log=None)  # type: ignore[arg-type] # as in aiohttp
        self._gate, self._chunks_are_requests, self.holds_slot = gate, True, False

    @override
    def data_received(self, data: bytes) -> None:
        """Handle a chunk; aiohttp itself calls with no data, to parse what it has buffered."""
        self._chunks_are_requests = self._chunks_are_requests and (not data or is_one_request(data))
        if self._may_reject(data) and self.transport:
            self._release_slot()
            if rejection := self._gate.try_acquire():
                self.transport.write(rejection)
                return
            self.holds_slot = True
        super().data_received(data)

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        """Release a slot that no handler has adopted."""
        self._release_slot()
        super().connection_lost(exc)

    def _release_slot(self) -> None:
        if self.holds_slot:
            self.holds_slot = False
            self._gate.release()

    def _may_reject(self, data: bytes) -> bool:
        return (
            self._chunks_are_requests
            and self._waiter is not None  # no earlier request is in progress
            and not self._messages
            and not self._paused  # the caller reads our responses
            and data.startswith(self._gate.request_line)
            and b"\r\nconnection: close" not in data.partition(b"\r\n\r\n")[0].lower()
        )

"""A connection with deadlines for head and body, and a maximum head size."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import get_args

from aiohttp import StreamReader, web
from typing_extensions import override

from shared.runtime.http.connections import (
    MAX_FIELD_BYTES,
    MAX_LINE_BYTES,
    ClosingReason,
    Connections,
    Group,
)
from shared.runtime.http.http_bytes import serialize_response
from shared.runtime.http.problem_details import ProblemDetailsConnection, problem_of_status
from shared.runtime.ops.metrics import CONNECTIONS_CLOSED

_LINGER_S = 2.0

# aiohttp accepts a megabyte, 128 fields of 8 kB: too much for thousands of callers.
_MAX_HEAD_BYTES = 65_536

_UNREAD_BYTES = 16 * 1024  # half of the buffer for an unread body; aiohttp's is half a megabyte
_END_OF_HEAD = b"\r\n\r\n"


def _raw(status: int) -> bytes:
    response = problem_of_status(status)
    response.force_close()
    return serialize_response(response)


_ANSWERS: Mapping[str, bytes] = MappingProxyType({"head_late": _raw(408), "head_large": _raw(431)})
_CLOSED_COUNTS = {reason: CONNECTIONS_CLOSED.labels(reason) for reason in get_args(ClosingReason)}


class TimedConnection(ProblemDetailsConnection):
    """A connection with deadlines; see ``OpenConnection``.

    It overrides methods of aiohttp's protocol that have no documentation, and reads its queue of
    parsed requests, so aiohttp is pinned exactly.

    Attributes:
        expires_at: Time of the loop's clock at which it closes unless a request came.
        stalls_at: Time at which it closes unless the caller reads our responses.
    """

    __slots__ = (
        "_body",
        "_connections",
        "_head_began",
        "_head_bytes",
        "_last_bytes",
        "address",
        "expires_at",
        "groups",
        "is_known",
        "is_waiting",
        "stalls_at",
    )

    def __init__(
        self, server: web.Server, connections: Connections, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type] # as in aiohttp
            lingering_time=_LINGER_S,
            max_line_size=MAX_LINE_BYTES,
            max_field_size=MAX_FIELD_BYTES,
            read_bufsize=_UNREAD_BYTES,
        )
        self._connections, self._head_began = connections, False
        self._head_bytes, self._last_bytes = 0.0, b""
        self._body: StreamReader | None = None
        self.groups: Sequence[Group] = ()
        self.address, self.is_known, self.is_waiting = "", False, True
        self.expires_at = self.stalls_at = math.inf

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the deadline of the first head; above the limit, one connection is closed."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        self.expires_at = self._connections.in_s(self._connections.limits.head_s)
        self._connections.add(self)

    @override
    def data_received(self, data: bytes) -> None:
        """Begin the deadline of a head with its first byte; refuse a head that is too large.

        The head that comes behind a request in progress counts too; its deadline begins afterwards.
        """
        if data and (self._body is None or self._body.is_eof()):
            self._receive_head(data)
            if self._head_bytes > _MAX_HEAD_BYTES:
                self.close_now("head_large")
                return
        super().data_received(data)
        if self._messages:  # a head ended, perhaps in a chunk that began with the rest of a body
            self._head_bytes, self._body = -math.inf, self._messages[-1][1]

    def _receive_head(self, data: bytes) -> None:
        if self.is_waiting and not self._head_began:
            self._head_began = True
            self.expires_at = self._connections.in_s(self._connections.limits.head_s)
        if self._head_bytes < 0:  # the head before has ended, and its body
            self._head_bytes, self._last_bytes = 0.0, b""
        if not self._head_bytes:
            data = data.lstrip(b"\r\n")  # the parser skips blank lines before a head
        if _END_OF_HEAD in self._last_bytes + data:
            self._head_bytes = -math.inf  # what follows is a body
        self._head_bytes += len(data)
        self._last_bytes = data[1 - len(_END_OF_HEAD) :]

    def begin_request(self) -> None:
        """End the deadline of the head."""
        self.expires_at = math.inf
        self._connections.stop_waiting(self)

    def wait_for_request(self) -> None:
        """Begin the time without a request."""
        self._begin_rest()
        self._connections.wait(self)

    def answer_at_once(self, response: bytes) -> None:
        """Send the response to an unparsed request; wait for the next one."""
        if self.transport and self.is_waiting:
            self.transport.write(response)
            self._begin_rest()
            self._connections.wait_anew(self)

    def _begin_rest(self) -> None:
        limits, self._head_began = self._connections.limits, self._head_bytes > 0
        self.expires_at = self._connections.in_s(
            limits.head_s if self._head_began else limits.idle_s
        )

    @override
    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the response, then wait for the next request."""
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            coding = request.headers.get("Content-Encoding", "").lower()
            if coding not in {"", "identity"} and not request.content.is_eof():
                self.force_close()  # aiohttp would decompress the rest to leave it out
            if self.transport:
                self.wait_for_request()

    @override
    async def _drain_helper(self) -> None:
        """Wait until the caller has received most of what was sent.

        The error of a caller that left loses its traceback: aiohttp's refers to itself, and would
        keep the whole response until the next full garbage collection.
        """
        try:
            await super()._drain_helper()
        except ConnectionError as lost:
            raise lost.with_traceback(None) from None

    @override
    def pause_writing(self) -> None:
        """Begin the deadline of a caller that does not read."""
        super().pause_writing()
        self.stalls_at = self._connections.in_s(self._connections.limits.body_s)

    @override
    def resume_writing(self) -> None:
        """End the deadline of a caller that does not read."""
        super().resume_writing()
        self.stalls_at = math.inf

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        """Release the connection's place."""
        self._connections.remove(self)
        super().connection_lost(exc)

    def close_if_late(self, now: float) -> None:
        """Close the connection when a deadline passed."""
        if now >= self.stalls_at:
            self.close_now("not_read")
        elif now >= self.expires_at:
            self.close_now("head_late" if self._head_began else "idle")

    def close_now(self, reason: ClosingReason) -> None:
        """Close the connection; a caller whose head is late or too large gets a 408 or 431."""
        _CLOSED_COUNTS[reason].inc()
        transport = self.transport
        if transport is None:
            return
        if answer := _ANSWERS.get(reason):
            transport.write(answer)
        else:
            transport.abort()  # close() would wait for a caller that does not read
        self.force_close()

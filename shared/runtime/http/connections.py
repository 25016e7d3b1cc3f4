"""Deadlines and limits of connections: those that only wait give way to those that call."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from aiohttp import web
from typing_extensions import override

from shared.runtime.http.addresses import caller_address, is_trusted
from shared.runtime.http.http_bytes import serialize_response
from shared.runtime.http.limits import HttpLimits
from shared.runtime.http.problem_details import ProblemDetailsConnection, problem_of_status
from shared.runtime.ops.metrics import CONNECTIONS, CONNECTIONS_CLOSED

ClosingReason: TypeAlias = Literal["head_late", "idle", "not_read", "displaced", "refused"]

_SWEEP_EVERY_S = 0.5
_LINGER_S = 2.0
_LATE = problem_of_status(408)
_LATE.force_close()
_RAW_LATE = serialize_response(_LATE)
_CLOSED_COUNTS = {reason: CONNECTIONS_CLOSED.labels(reason) for reason in get_args(ClosingReason)}


class TimedConnection(ProblemDetailsConnection):
    """A connection with deadlines.

    It overrides methods of aiohttp's protocol that have no underscore and no documentation, so
    aiohttp is pinned exactly.

    Attributes:
        address: The address at the other end.
        groups: The connections that it counts among.
        is_known: True once a caller with a valid key used it: it then waits with priority.
        is_waiting: True while no request is in progress.
        expires_at: Time of the loop's clock at which it closes unless a request came.
        stalls_at: Time at which it closes unless the caller reads our responses.
    """

    __slots__ = (
        "_connections",
        "_head_began",
        "address",
        "expires_at",
        "groups",
        "is_known",
        "is_waiting",
        "stalls_at",
    )

    def __init__(
        self, server: web.Server, connections: "Connections", loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(server, loop=loop, access_log=None, lingering_time=_LINGER_S)  # type: ignore[arg-type] # as in aiohttp
        self._connections, self._head_began = connections, False
        self.groups: Sequence[_Group] = ()
        self.address, self.is_known, self.is_waiting = "", False, True
        self.expires_at = self.stalls_at = math.inf

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the deadline of the first head; when there are too many, one is closed."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        self.expires_at = self._connections.in_s(self._connections.limits.head_s)
        self._connections.add(self)

    @override
    def data_received(self, data: bytes) -> None:
        """Begin the deadline of a head with its first byte."""
        if self.is_waiting and not self._head_began and data:
            self._head_began = True
            self.expires_at = self._connections.in_s(self._connections.limits.head_s)
        super().data_received(data)

    def begin_request(self) -> None:
        """End the deadline of the head."""
        self.expires_at = math.inf
        self._connections.stop_waiting(self)

    def wait_for_request(self) -> None:
        """Begin the time without a request."""
        self._head_began = False
        self.expires_at = self._connections.in_s(self._connections.limits.idle_s)
        self._connections.wait(self)

    @override
    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the response, then wait for the next request.

        Args:
            request: The request.
            resp: The response.
            start_time: When the request came, for an access log.
        """
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            if self.transport:
                self.wait_for_request()

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
        """Make room for another connection."""
        self._connections.remove(self)
        super().connection_lost(exc)

    def close_if_late(self, now: float) -> None:
        """Close the connection when a deadline passed."""
        if now >= self.stalls_at:
            self.close_now("not_read")
        elif now >= self.expires_at:
            self.close_now("head_late" if self._head_began else "idle")

    def close_now(self, reason: ClosingReason) -> None:
        """Close the connection; a caller whose head is late gets a 408."""
        _CLOSED_COUNTS[reason].inc()
        transport = self.transport
        if transport is None:
            return
        if reason == "head_late":
            transport.write(_RAW_LATE)
        else:
            transport.abort()  # close() would wait for a caller that does not read
        self.force_close()


@dataclass(slots=True)
class _Group:
    """The open connections of one address, or all of them."""

    most: float
    size: int = 0
    strangers: OrderedDict[TimedConnection, None] = field(default_factory=OrderedDict)
    known: OrderedDict[TimedConnection, None] = field(default_factory=OrderedDict)

    def longest_waiting(self) -> TimedConnection | None:
        """Return the connection that gives way first: a stranger's, the oldest."""
        return next(iter(self.strangers), None) or next(iter(self.known), None)


class Connections:
    """The open connections of a server."""

    def __init__(self, limits: HttpLimits) -> None:
        self.limits = limits
        self._loop = asyncio.get_running_loop()
        self._open: set[TimedConnection] = set()
        self._all = _Group(limits.connections)
        self._by_address: dict[str, _Group] = {}

    def in_s(self, seconds: float) -> float:
        """Return the time of the loop's clock in so many seconds."""
        return self._loop.time() + seconds

    def add(self, connection: TimedConnection) -> None:
        """Add a connection; above a limit the one that waits longest closes for it.

        Connections of strangers go first. When all have a request in progress, the new one closes.
        """
        connection.groups = (self._of_address(connection.address), self._all)
        self._open.add(connection)
        CONNECTIONS.inc()
        crowded = [group for group in connection.groups if group.size >= group.most]
        for group in connection.groups:
            group.size += 1
        for group in crowded:
            oldest = group.longest_waiting()
            if oldest is None:
                connection.close_now("refused")
                return
            self.stop_waiting(oldest)
            oldest.close_now("displaced")
        self.wait(connection)

    def wait(self, connection: TimedConnection) -> None:
        """Put a connection without a request at the end of those that wait."""
        self.stop_waiting(connection)
        connection.is_waiting = True
        for group in connection.groups:
            (group.known if connection.is_known else group.strangers)[connection] = None

    def stop_waiting(self, connection: TimedConnection) -> None:
        """Keep a connection with a request out of those that give way."""
        connection.is_waiting = False
        for group in connection.groups:
            group.strangers.pop(connection, None)
            group.known.pop(connection, None)

    def remove(self, connection: TimedConnection) -> None:
        """Forget a closed connection."""
        if connection not in self._open:
            return
        self._open.remove(connection)
        self.stop_waiting(connection)
        CONNECTIONS.dec()
        for group in connection.groups:
            group.size -= 1
        if not connection.groups[0].size:
            self._by_address.pop(self._subscriber(connection.address), None)

    async def sweep(self) -> None:
        """Close late connections until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            now = self._loop.time()
            for connection in tuple(self._open):
                connection.close_if_late(now)

    def _of_address(self, address: str) -> _Group:
        is_proxy = is_trusted(address, self.limits.proxies)
        most = math.inf if is_proxy else self.limits.connections_per_address
        return self._by_address.setdefault(self._subscriber(address), _Group(most))

    def _subscriber(self, address: str) -> str:
        return caller_address(address, "", self.limits.proxies)

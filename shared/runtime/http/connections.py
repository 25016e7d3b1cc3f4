"""Limits on the number of connections: idle ones are closed in favour of active ones."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from aiohttp import web

from shared.runtime.http.addresses import Network, caller_address, is_trusted
from shared.runtime.ops.metrics import CONNECTIONS

MAX_LINE_BYTES = 8_190  # maximum bytes of a request target; a longer one gets 414

# Maximum bytes of a header with its name; a longer one gets 431. It differs from that of the
# target, since aiohttp's error identifies the exceeded limit by its value alone.
MAX_FIELD_BYTES = 8_000


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Limits of one server.

    Attributes:
        head_s: Seconds for the head of a request, from the connection or its first byte.
        body_s: Seconds for the body of a request, and for a caller to read a response.
        idle_s: Seconds that a connection stays open without a request.
        proxies: Networks of trusted reverse proxies, exempt from the limit per address.
    """

    head_s: float = 5.0
    body_s: float = 10.0
    idle_s: float = 75.0
    connections: int = 4_096
    connections_per_address: int = 1_536
    proxies: Sequence[Network] = ()


HTTP_LIMITS = web.AppKey("HTTP_LIMITS", HttpLimits)


ClosingReason: TypeAlias = Literal[
    "head_late", "head_large", "idle", "not_read", "displaced", "refused"
]

_SWEEP_EVERY_S = 0.5


class OpenConnection(Protocol):
    """Interface of a limited connection.

    Attributes:
        address: The address at the other end.
        groups: The groups that it is counted in.
        is_known: True once a caller with a valid key used it: it then waits with priority.
        is_waiting: True while no request is in progress.
    """

    address: str
    groups: Sequence["Group"]
    is_known: bool
    is_waiting: bool

    def close_now(self, reason: ClosingReason) -> None:
        """Close the connection."""

    def close_if_late(self, now: float) -> None:
        """Close the connection when a deadline has passed by the loop's clock."""


@dataclass(slots=True)
class Group:
    """Open connections of one address, or all; idle ones of strangers and known callers by age."""

    most: float
    size: int = 0
    strangers: OrderedDict[OpenConnection, None] = field(default_factory=OrderedDict)
    known: OrderedDict[OpenConnection, None] = field(default_factory=OrderedDict)

    def longest_waiting(self) -> OpenConnection | None:
        """Return the idle connection to close first: a stranger's, the oldest."""
        return next(iter(self.strangers), None) or next(iter(self.known), None)


class Connections:
    """The open connections of a server."""

    def __init__(self, limits: HttpLimits) -> None:
        self.limits = limits
        self._loop = asyncio.get_running_loop()
        self._open: set[OpenConnection] = set()
        self._all = Group(limits.connections)
        self._by_address: dict[str, Group] = {}

    def in_s(self, seconds: float) -> float:
        """Return the time of the loop's clock in so many seconds."""
        return self._loop.time() + seconds

    def add(self, connection: OpenConnection) -> None:
        """Add a connection; above a limit the one that was idle longest is closed for it.

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

    def wait(self, connection: OpenConnection) -> None:
        """Append an idle connection to those that may be closed."""
        self.stop_waiting(connection)
        connection.is_waiting = True
        for group in connection.groups:
            (group.known if connection.is_known else group.strangers)[connection] = None

    def wait_anew(self, connection: OpenConnection) -> None:
        """Move an idle connection behind all others."""
        for group in connection.groups:
            (group.known if connection in group.known else group.strangers).move_to_end(connection)

    def stop_waiting(self, connection: OpenConnection) -> None:
        """Protect a connection with a request from being closed for others."""
        connection.is_waiting = False
        for group in connection.groups:
            group.strangers.pop(connection, None)
            group.known.pop(connection, None)

    def remove(self, connection: OpenConnection) -> None:
        """Remove a closed connection."""
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

    def _of_address(self, address: str) -> Group:
        is_proxy = is_trusted(address, self.limits.proxies)
        most = math.inf if is_proxy else self.limits.connections_per_address
        return self._by_address.setdefault(self._subscriber(address), Group(most))

    def _subscriber(self, address: str) -> str:
        return caller_address(address, "", self.limits.proxies)

"""Load shedding at the socket: reject requests before they are parsed.

A server at five times its capacity rejects four times as often as it accepts, so a rejection must
cost a small part of an acceptance: a check of the bytes and one write. An accepted request holds
its slot from that moment on, so of hundreds that arrive at once exactly as many are accepted as
there are slots.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web
from typing_extensions import override

from shared.runtime.http.connections import Connections
from shared.runtime.http.http_bytes import is_one_request
from shared.runtime.http.timed_connection import TimedConnection

Release: TypeAlias = Callable[[], None]  # releases one slot

# The response that rejects, the release of an acquired slot, or None: the handler decides.
GateDecision: TypeAlias = bytes | Release | None


@dataclass(frozen=True, slots=True)
class EarlyRejectGate:
    """Admission control for some kinds of requests.

    Attributes:
        request_line: Matches the first bytes of such a request.
        decide: Decides by that match, the head of a complete request, and the peer's address.
    """

    request_line: re.Pattern[bytes]
    decide: Callable[[re.Match[bytes], bytes, str], GateDecision]


def adopt_slot(request: web.Request) -> Release | None:
    """Return the release of the request's slot from a gate; the handler must call it."""
    connection = request.protocol
    return connection.adopt_slot() if isinstance(connection, GatedConnection) else None


class GatedConnection(TimedConnection):
    """A connection on which a request that arrives in one chunk may be rejected unparsed.

    After any other chunk only aiohttp's parser can find request boundaries, so the gate is off for
    the rest of the connection.
    """

    __slots__ = ("_chunks_are_requests", "_gate", "_release", "_unanswered")

    def __init__(
        self,
        server: web.Server,
        connections: Connections,
        gate: EarlyRejectGate,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(server, connections, loop)
        self._gate, self._chunks_are_requests, self._unanswered = gate, True, 0
        self._release: Release | None = None

    @override
    def data_received(self, data: bytes) -> None:
        """Handle a chunk; aiohttp itself calls with no data, to parse its buffer."""
        self._chunks_are_requests = self._chunks_are_requests and (not data or is_one_request(data))
        line = self._gate.request_line.match(data)
        if line and self._may_reject(data) and self.transport and self.is_waiting:
            self._release_slot()
            decision = self._gate.decide(line, data.partition(b"\r\n\r\n")[0], self.address)
            if isinstance(decision, bytes):
                self.answer_at_once(decision)
                return
            self._release = decision
        self._unanswered += bool(data)
        super().data_received(data)

    @override
    def wait_for_request(self) -> None:
        """Begin the time without a request; the gate may handle the next one."""
        self._unanswered -= 1
        self._release_slot()
        super().wait_for_request()

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        """Release a slot that no handler has adopted."""
        self._release_slot()
        super().connection_lost(exc)

    def adopt_slot(self) -> Release | None:
        """Return and forget the release of the slot that no handler has adopted yet."""
        release, self._release = self._release, None
        return release

    def _release_slot(self) -> None:
        if release := self.adopt_slot():
            release()

    def _may_reject(self, data: bytes) -> bool:
        return (
            self._chunks_are_requests
            and not self._unanswered  # no earlier request is in progress
            and not self.writing_paused  # the caller reads our responses
            and b"\r\nconnection: close" not in data.partition(b"\r\n\r\n")[0].lower()
        )

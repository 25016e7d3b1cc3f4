"""Load shedding at the socket: reject requests before they are parsed.

A server that is offered five times its capacity rejects four times as often as it accepts, so a
rejection must cost a small part of an acceptance: here it costs a look at the bytes and one write.
An accepted request holds its slot from that moment on, so of hundreds that arrive at once exactly
as many are accepted as there are slots.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web
from typing_extensions import override

from shared.runtime.http.connections import Connections
from shared.runtime.http.http_bytes import is_one_request
from shared.runtime.http.timed_connection import TimedConnection

GateDecision: TypeAlias = bytes | bool
"""The whole response that rejects, True for a slot, or False: the handler decides."""


@dataclass(frozen=True, slots=True)
class EarlyRejectGate:
    """Admission control for one kind of request.

    Attributes:
        request_line: The first bytes of such a request, up to the space before the HTTP version.
        decide: Decides by the head of a complete request and the address of its connection.
        release: Returns a slot that no handler has adopted.
    """

    request_line: bytes
    decide: Callable[[bytes, str], GateDecision]
    release: Callable[[], None]


def adopt_slot(request: web.Request) -> bool:
    """Return True when the request got a slot at a gate; the handler must then release it."""
    connection = request.protocol
    if not isinstance(connection, GatedConnection) or not connection.holds_slot:
        return False
    connection.holds_slot = False
    return True


class GatedConnection(TimedConnection):
    """A connection on which a request that arrives in one chunk may be rejected unparsed.

    After any other chunk only aiohttp's parser knows where requests begin, so the gate is off for
    the rest of the connection.

    Attributes:
        holds_slot: True when a request passed the gate and no handler has adopted its slot yet.
    """

    __slots__ = ("_chunks_are_requests", "_gate", "_unanswered", "holds_slot")

    def __init__(
        self,
        server: web.Server,
        connections: Connections,
        gate: EarlyRejectGate,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(server, connections, loop)
        self._gate, self._chunks_are_requests, self.holds_slot = gate, True, False
        self._unanswered = 0

    @override
    def data_received(self, data: bytes) -> None:
        """Handle a chunk; aiohttp itself calls with no data, to parse what it has buffered."""
        self._chunks_are_requests = self._chunks_are_requests and (not data or is_one_request(data))
        if self._may_reject(data) and self.transport and self.is_waiting:
            self._release_slot()
            decision = self._gate.decide(data.partition(b"\r\n\r\n")[0], self.address)
            if isinstance(decision, bytes):
                self.answer_at_once(decision)
                return
            self.holds_slot = decision
        self._unanswered += bool(data)
        super().data_received(data)

    @override
    def wait_for_request(self) -> None:
        """Begin the time without a request; the gate may answer the next one."""
        self._unanswered -= 1
        super().wait_for_request()

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
            and not self._unanswered  # no earlier request is in progress
            and not self.writing_paused  # the caller reads our responses
            and data.startswith(self._gate.request_line)
            and b"\r\nconnection: close" not in data.partition(b"\r\n\r\n")[0].lower()
        )

"""Turning requests away at the socket, before they cost anything worth mentioning.

A server that is offered five times what it can do says no four times as often as yes, so a no
must cost a small part of a yes: here it costs a look at the bytes and one write. Whoever is let in
has a place from that moment on: of hundreds who come at once as many pass as there are places.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class EarlyRejectGate:
    """Lets one kind of request in while there is a place for it.

    Attributes:
        request_line: How such a request begins, as far as the space before the HTTP version.
        enter: Takes a place and returns None, or returns the whole answer to who is turned away.
        leave: Gives a place back that no handler has taken over.
    """

    request_line: bytes
    try_acquire: Callable[[], bytes | None]
    release: Callable[[], None]


def adopt_slot(request: web.Request) -> bool:
    """Return whether the request passed a gate; its place is the handler's from now on."""
    connection = request.protocol
    if not isinstance(connection, _Guarded) or not connection.has_place:
        return False
    connection.has_place = False
    return True


def serialize_response(response: web.Response) -> bytes:
    """Return a response as it goes over the wire on a connection that stays open."""
    body = response.body if isinstance(response.body, bytes) else b""
    head = [f"HTTP/1.1 {response.status} {response.reason}"]
    head += [f"{name}: {value}" for name, value in response.headers.items()]
    head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def is_one_request(data: bytes) -> bool:
    """Tell whether the bytes are one request from its first to its last.

    Args:
        data: What came in one piece on a connection that expects the beginning of a request.
    """
    head, end, body = data.partition(b"\r\n\r\n")
    head = head.lower()
    if not end or b"\r\ntransfer-encoding:" in head or b"\r\nexpect:" in head:
        return False
    stated = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0].strip()
    return len(body) == (int(stated) if stated.isdigit() else 0)


class GuardedSite(web.BaseSite):
    """Listens on an address; each connection passes a gate."""

    def __init__(self, runner: web.AppRunner, host: str, port: int, gate: EarlyRejectGate) -> None:
        super().__init__(runner)
        self._host, self._port, self._gate = host, port, gate

    @property
    @override
    def name(self) -> str:
        """Where it listens."""
        return f"http://{self._host}:{self._port}"

    @override
    async def start(self) -> None:
        """Begin to listen."""
        await super().start()
        loop, server = asyncio.get_running_loop(), self._runner.server
        if server is None:
            raise RuntimeError("the runner was not set up")
        self._server = await loop.create_server(
            lambda: _Guarded(server, self._gate, loop), self._host, self._port
        )


class _Guarded(web.RequestHandler):
    """A connection on which requests that came in one piece may be refused unread.

    Once anything else has come on it, where a request begins is known to aiohttp alone, which
    from then on sees everything.

    Attributes:
        has_place: Whether a request passed the gate that no handler has taken over yet.
    """

    __slots__ = ("_gate", "_legible", "has_place")

    def __init__(
        self, server: web.Server, gate: EarlyRejectGate, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(server, loop=loop, access_log=None)  # type: ignore[arg-type] # as in aiohttp
        self._gate, self._legible, self.has_place = gate, True, False

    @override
    def data_received(self, data: bytes) -> None:
        """Take what has come; nothing is aiohttp's own call to look at what it has already."""
        self._legible = self._legible and (not data or is_one_request(data))
        if self._may_refuse(data) and self.transport:
            self._give_up_place()
            if answer := self._gate.try_acquire():
                self.transport.write(answer)
                return
            self.has_place = True
        super().data_received(data)

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        """End; a place that no handler took over is free again."""
        self._give_up_place()
        super().connection_lost(exc)

    def _give_up_place(self) -> None:
        if self.has_place:
            self.has_place = False
            self._gate.release()

    def _may_refuse(self, data: bytes) -> bool:
        return (
            self._legible
            and self._waiter is not None  # no earlier request is being answered
            and not self._messages
            and not self._paused  # the caller reads what we write
            and data.startswith(self._gate.request_line)
            and b"\r\nconnection: close" not in data.partition(b"\r\n\r\n")[0].lower()
        )

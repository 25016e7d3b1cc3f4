"""Turning requests away at the socket, before they cost anything worth mentioning.

A server that is offered five times what it can do says no four times as often as yes, so a no
must cost a small part of a yes: here it costs a look at the bytes and one write.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Gate:
    """Says no to one kind of request while there is a reason.

    Attributes:
        request_line: How such a request begins, as far as the space before the HTTP version.
        refusal: Returns the whole answer while such requests are turned away, None otherwise.
    """

    request_line: bytes
    refusal: Callable[[], bytes | None]


def raw(response: web.Response) -> bytes:
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

    def __init__(self, runner: web.AppRunner, host: str, port: int, gate: Gate) -> None:
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
    """

    __slots__ = ("_gate", "_legible")

    def __init__(self, server: web.Server, gate: Gate, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(server, loop=loop, access_log=None)  # type: ignore[arg-type] # as in aiohttp
        self._gate, self._legible = gate, True

    @override
    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        self._legible = self._legible and is_one_request(data)
        if self._may_refuse(data) and (answer := self._gate.refusal()) and self.transport:
            self.transport.write(answer)
            return
        super().data_received(data)

    def _may_refuse(self, data: bytes) -> bool:
        return (
            self._legible
            and self._waiter is not None  # no earlier request is being answered
            and not self._messages
            and not self._paused  # the caller reads what we write
            and data.startswith(self._gate.request_line)
            and b"\r\nconnection: close" not in data.partition(b"\r\n\r\n")[0].lower()
        )

"""A TCP proxy between a client and a server that a test can cut, slow down or leave half open."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

_CHUNK_BYTES = 65_536
_POLL_S = 0.05


@dataclass(slots=True)
class LinkFaults:
    """The present faults of a proxy.

    Attributes:
        delay_s: Delay of each chunk in each direction, in seconds.
        jitter_s: Random deviation from the delay, up or down, in seconds.
        slice_bytes: The largest piece that is forwarded at once.
        drop_from_clients: Drop data from the clients; data from the server still arrives.
        drop_all: Drop data in both directions, without closing a connection.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    slice_bytes: int = _CHUNK_BYTES
    drop_from_clients: bool = False
    drop_all: bool = False


@dataclass(slots=True)
class TcpProxy:
    """Forwards connections from ``port`` to a server.

    Attributes:
        server: Host and port of the server.
        random: Source of the jitter.
        faults: The present faults.
        port: The port that clients connect to.
        accepted: The number of connections accepted so far.
        dropped_bytes: The number of bytes dropped.
        slices: The number of pieces into which larger chunks were cut.
    """

    server: tuple[str, int]
    random: Random = field(default_factory=Random)
    faults: LinkFaults = field(default_factory=LinkFaults)
    port: int = 0
    accepted: int = 0
    dropped_bytes: int = 0
    slices: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _listener: asyncio.Server | None = None

    async def open(self) -> None:
        """Accept connections, on the same port as before."""
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Refuse new connections and abort the open ones."""
        if self._listener:
            self._listener.close()
        self.reset()

    def reset(self) -> int:
        """Abort every open connection; return their number."""
        writers = list(self._writers)
        for writer in writers:
            writer.transport.abort()
        return len(writers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        with suppress(OSError):
            server_reader, server_writer = await asyncio.open_connection(*self.server)
            self._writers |= {writer, server_writer}
            await asyncio.gather(
                self._pump(reader, server_writer, from_client=True),
                self._pump(server_reader, writer, from_client=False),
            )
            self._writers -= {writer, server_writer}
        writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, from_client: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK_BYTES):
                await self._forward(data, writer, from_client=from_client)
        writer.close()

    async def _forward(
        self, data: bytes, writer: asyncio.StreamWriter, *, from_client: bool
    ) -> None:
        faults = self.faults
        if faults.drop_all or (faults.drop_from_clients and from_client):
            self.dropped_bytes += len(data)
            while self.faults is faults:  # noqa: ASYNC110 - dropped data never arrives later
                await asyncio.sleep(_POLL_S)
            writer.transport.abort()
            return
        if faults.delay_s:
            jitter = self.random.uniform(-faults.jitter_s, faults.jitter_s)
            await asyncio.sleep(max(0.0, faults.delay_s + jitter))
        for start in range(0, len(data), faults.slice_bytes):
            writer.write(data[start : start + faults.slice_bytes])
            if len(data) > faults.slice_bytes:
                self.slices += 1
                await writer.drain()
        await writer.drain()


@asynccontextmanager
async def tcp_proxy(host: str, port: int, random: Random | None = None) -> AsyncGenerator[TcpProxy]:
    """Yield an open proxy to a server; close it at the end."""
    proxy = TcpProxy((host, port), random or Random())
    await proxy.open()
    try:
        yield proxy
    finally:
        proxy.close()

"""TCP links between the services and their stores, which can be slow, cut, or half open."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

_CHUNK = 65_536
_LOOK_EVERY_S = 0.05


@dataclass(slots=True)
class LinkFaults:
    """How a link behaves now.

    Attributes:
        delay_s: How long each piece of data takes, in each direction.
        jitter_s: By how much more or less, at random.
        slice_bytes: The largest piece that is passed on at once.
        deaf: Data from the clients is swallowed; what the server says still arrives.
        silent: Nothing passes in either direction, and nobody is told.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    slice_bytes: int = _CHUNK
    drop_from_clients: bool = False
    drop_all: bool = False


@dataclass(slots=True)
class Link:
    """Forwards connections from ``port`` to a server.

    Attributes:
        accepted: How many connections were made through it so far.
        dropped_bytes: How much data was swallowed.
        slices: How many pieces data was cut into that came as one.
    """

    to: tuple[str, int]
    random: Random
    faults: LinkFaults = field(default_factory=LinkFaults)
    port: int = 0
    accepted: int = 0
    dropped_bytes: int = 0
    slices: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def open(self) -> None:
        """Take connections, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Refuse new connections and end those that are open."""
        if self._server:
            self._server.close()
        self.reset()

    def reset(self) -> int:
        """End every open connection without a word; return how many there were."""
        writers = list(self._open)
        for writer in writers:
            writer.transport.abort()
        return len(writers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self.to)
            self._open |= {writer, far_writer}
            await asyncio.gather(
                self._pump(reader, far_writer, from_client=True),
                self._pump(far_reader, writer, from_client=False),
            )
            self._open -= {writer, far_writer}
        writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, from_client: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._pass_on(data, writer, from_client=from_client)
        writer.close()

    async def _pass_on(
        self, data: bytes, writer: asyncio.StreamWriter, *, from_client: bool
    ) -> None:
        weather = self.faults
        if weather.drop_all or (weather.drop_from_clients and from_client):
            self.dropped_bytes += len(data)
            while self.faults is weather:  # noqa: ASYNC110 - what a half-open link swallowed never comes
                await asyncio.sleep(_LOOK_EVERY_S)
            writer.transport.abort()
            return
        if weather.delay_s:
            jitter = self.random.uniform(-weather.jitter_s, weather.jitter_s)
            await asyncio.sleep(max(0.0, weather.delay_s + jitter))
        for start in range(0, len(data), weather.slice_bytes):
            writer.write(data[start : start + weather.slice_bytes])
            if len(data) > weather.slice_bytes:
                self.slices += 1
                await writer.drain()
        await writer.drain()


@asynccontextmanager
async def open_link(
    host: str, port: int, random: Random, own_port: int = 0
) -> AsyncGenerator[Link]:
    """Yield an open link to a server; close it at the end."""
    link = Link((host, port), random, port=own_port)
    await link.open()
    try:
        yield link
    finally:
        link.close()

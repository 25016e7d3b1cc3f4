"""The encryption of a PostgreSQL server, for one whose build has none.

It answers the driver's request for encryption as a server does, ends the TLS session, and passes
everything on to the real server.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

_SSL_REQUEST = (8).to_bytes(4) + (80_877_103).to_bytes(4)
_CHUNK = 64 * 1024


@dataclass
class TlsFront:
    """Listens on ``port`` of 127.0.0.1.

    Attributes:
        target: Host and port of the real server.
        context: Certificate to show; None refuses encryption as a server without it does.
        sessions: Number of encrypted sessions so far.
        plain: Number of attempts to go on without encryption.
    """

    target: tuple[str, int]
    context: ssl.SSLContext | None
    port: int = 0
    sessions: int = 0
    plain: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        with suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(8) != _SSL_REQUEST:
                self.plain += 1
            elif self.context is None:
                writer.write(b"N")
                self.plain += bool(await reader.read(1))
            else:
                writer.write(b"S")
                await writer.start_tls(self.context)
                self.sessions += 1
                await self._pass_on(reader, writer)
        writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(*self.target)
        await asyncio.gather(_copy(reader, to_server), _copy(from_server, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def tls_front(
    host: str, port: int, context: ssl.SSLContext | None
) -> AsyncGenerator[TlsFront]:
    """Run a front of the server at host and port."""
    front = TlsFront((host, port), context)
    server = await asyncio.start_server(front.serve, "127.0.0.1")
    front.port = server.sockets[0].getsockname()[1]
    try:
        yield front
    finally:
        server.close()

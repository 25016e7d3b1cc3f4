"""A client that sends bytes as they are."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

GET = b"GET /live HTTP/1.1\r\nHost: here\r\n\r\n"
HALF = b"GET /live HTTP/1.1\r\nNote: "
CLOSED_WITHIN_S = 10


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def response(self) -> tuple[int, bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head.split()[1]), await self.reader.readexactly(length)

    async def status(self, data: bytes = GET) -> int:
        self.send(data)
        return (await self.response())[0]

    async def rest(self) -> bytes:
        """Return all until the server closes the connection."""
        async with asyncio.timeout(CLOSED_WITHIN_S):
            return await self.reader.read()

    async def is_closed(self) -> bool:
        with suppress(ConnectionError):
            async with asyncio.timeout(CLOSED_WITHIN_S):
                return await self.reader.read() == b""
        return True


def path(name: str) -> bytes:
    return GET.replace(b"/live", name.encode())

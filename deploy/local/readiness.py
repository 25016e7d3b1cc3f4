"""Readiness probes."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from typing import TypeAlias

LOOPBACK = "127.0.0.1"

# Takes a port of the loopback interface; returns True when the program there is ready.
ReadinessProbe: TypeAlias = Callable[[int], Awaitable[bool]]

_TIMEOUT_S = 2.0

_POSTGRES_PARAMETERS = b"user\0postgres\0database\0postgres\0\0"
_POSTGRES_STARTUP = struct.pack(">ii", 8 + len(_POSTGRES_PARAMETERS), 3 << 16)


async def postgres_answers(port: int) -> bool:
    """Return True once the server asks for a password, as only a ready one does."""
    return await _request(port, _POSTGRES_STARTUP + _POSTGRES_PARAMETERS, 1) == b"R"


async def smtp_answers(port: int) -> bool:
    """Return True once the mail server sends its greeting."""
    return await _request(port, b"", 3) == b"220"


async def http_ready(port: int) -> bool:
    """Return True once the service answers ``GET /ready`` with 200."""
    response = await _request(port, b"GET /ready HTTP/1.0\r\nHost: localhost\r\n\r\n", 12)
    return response.endswith(b" 200")


async def _request(port: int, request: bytes, response_bytes: int) -> bytes:
    """Return the first ``response_bytes`` of the response, or nothing on failure or after 2 s."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(request)
                return await reader.readexactly(response_bytes)
            finally:
                writer.close()
    except (OSError, EOFError, TimeoutError):
        return b""

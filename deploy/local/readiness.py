"""Questions that only a program in working order answers."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from deploy.local.ports import LOOPBACK

Probe: TypeAlias = Callable[[int], Awaitable[bool]]

_TIMEOUT_S = 2.0

# Metadata request, version 4, correlation 1, no client id, no topic, create none.
_KAFKA_METADATA = struct.pack(">hhihi?", 3, 4, 1, -1, 0, False)  # noqa: FBT003 - a field of the request
_KAFKA_BROKERS = struct.Struct(">iii")  # correlation, throttle time, number of brokers

_POSTGRES_PARAMETERS = b"user\0postgres\0database\0postgres\0\0"
_POSTGRES_STARTUP = struct.pack(">ii", 8 + len(_POSTGRES_PARAMETERS), 3 << 16)


async def kafka_answers(port: int) -> bool:
    """Tell whether the broker has joined its own cluster, so that topics can be made."""
    request = struct.pack(">i", len(_KAFKA_METADATA)) + _KAFKA_METADATA
    answer = await _ask(port, request, 4 + _KAFKA_BROKERS.size)
    return bool(answer) and _KAFKA_BROKERS.unpack(answer[4:])[2] > 0


async def postgres_answers(port: int) -> bool:
    """Tell whether the server asks for a password, which it does not before it is ready."""
    return await _ask(port, _POSTGRES_STARTUP + _POSTGRES_PARAMETERS, 1) == b"R"


async def smtp_answers(port: int) -> bool:
    """Tell whether the mail server greets."""
    return await _ask(port, b"", 3) == b"220"


async def http_ready(port: int) -> bool:
    """Tell whether the service says that it is ready."""
    answer = await _ask(port, b"GET /ready HTTP/1.0\r\nHost: localhost\r\n\r\n", 12)
    return answer.endswith(b" 200")


async def _ask(port: int, request: bytes, answer_size: int) -> bytes:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(request)
                return await reader.readexactly(answer_size)
            finally:
                writer.close()
    except (OSError, EOFError, TimeoutError):
        return b""

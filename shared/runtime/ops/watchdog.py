"""Watchdog: ends a process whose event loop hangs, which nothing else would detect."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger()

STALLED_EXIT_CODE = 70
_HEARTBEAT_S = 0.5


@asynccontextmanager
async def watchdog(limit_s: float = 5.0) -> AsyncGenerator[None]:
    """End the process when the event loop runs no task for ``limit_s`` seconds.

    A thread watches the heartbeats of a task. When the machine suspends the whole process, the
    thread is suspended too: after a gap in its own checks it restarts its count.
    """
    heartbeats = _Heartbeats()
    beating = asyncio.create_task(_beat(heartbeats))
    watching = threading.Thread(target=_watch, args=(heartbeats, limit_s), daemon=True)
    watching.start()
    try:
        yield
    finally:
        heartbeats.ended.set()
        beating.cancel()


class _Heartbeats:
    def __init__(self) -> None:
        self.count = 0
        self.ended = threading.Event()


async def _beat(heartbeats: _Heartbeats) -> None:
    while True:
        heartbeats.count += 1
        await asyncio.sleep(_HEARTBEAT_S)


def _watch(heartbeats: _Heartbeats, limit_s: float) -> None:
    last_count, changed_at, checked_at = -1, time.monotonic(), time.monotonic()
    while not heartbeats.ended.wait(_HEARTBEAT_S):
        now = time.monotonic()
        if heartbeats.count != last_count or now - checked_at > 4 * _HEARTBEAT_S:
            last_count, changed_at = heartbeats.count, now
        checked_at = now
        if now - changed_at > limit_s:
            log.error("loop_stalled", limit_s=limit_s)
            os._exit(STALLED_EXIT_CODE)

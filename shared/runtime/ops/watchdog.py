"""Ends a process whose event loop hangs, since nothing else would notice."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger()

STALLED_EXIT_CODE = 70
_BEAT_S = 0.5


@asynccontextmanager
async def watchdog(limit_s: float = 5.0) -> AsyncGenerator[None]:
    """End the process when the loop does not turn for ``limit_s`` seconds.

    A machine that stops the whole process stops the watching too: after a pause of the watcher
    itself the count starts anew.
    """
    beats = _Beats()
    beating = asyncio.create_task(_beat(beats))
    watching = threading.Thread(target=_watch, args=(beats, limit_s), daemon=True)
    watching.start()
    try:
        yield
    finally:
        beats.ended.set()
        beating.cancel()


class _Beats:
    def __init__(self) -> None:
        self.count = 0
        self.ended = threading.Event()


async def _beat(beats: _Beats) -> None:
    while True:
        beats.count += 1
        await asyncio.sleep(_BEAT_S)


def _watch(beats: _Beats, limit_s: float) -> None:
    seen, seen_at, looked_at = -1, time.monotonic(), time.monotonic()
    while not beats.ended.wait(_BEAT_S):
        now = time.monotonic()
        if beats.count != seen or now - looked_at > 4 * _BEAT_S:
            seen, seen_at = beats.count, now
        looked_at = now
        if now - seen_at > limit_s:
            log.error("loop_stalled", limit_s=limit_s)
            os._exit(STALLED_EXIT_CODE)

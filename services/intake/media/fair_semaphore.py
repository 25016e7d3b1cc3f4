"""Fair queueing of re-encodings and downloads, between callers with a key and strangers."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from services.intake.records import Uploader

_MAX_REMEMBERED = 10_000


@dataclass(eq=False, slots=True)
class _Waiting:
    uploader: Uploader
    granted: asyncio.Event = field(default_factory=asyncio.Event)


class FairSemaphore:
    """A semaphore with fair queueing.

    Strangers never hold the last slot, unless there is just one, and each holds one at a time. A
    slot goes to the class that holds fewer, and in it to the caller that has had the least time
    since there was no queue.
    """

    def __init__(self, slots: int) -> None:
        """Make so many slots, at least 1."""
        self._slots, self._of_strangers = slots, max(1, slots - 1)
        self._waiting: list[_Waiting] = []
        self._running: Counter[Uploader] = Counter()
        self._used_s: dict[Uploader, float] = defaultdict(float)

    @asynccontextmanager
    async def slot(self, uploader: Uploader, within_s: float) -> AsyncGenerator[None]:
        """Hold a slot."""
        await self._wait(uploader, within_s)
        began = monotonic()
        try:
            yield
        finally:
            self._used_s[uploader] += monotonic() - began
            self._release(uploader)

    async def _wait(self, uploader: Uploader, within_s: float) -> None:
        waiting = _Waiting(uploader)
        self._waiting.append(waiting)
        self._grant()
        try:
            async with asyncio.timeout(within_s):
                await waiting.granted.wait()
        except BaseException:
            if waiting.granted.is_set():
                self._release(uploader)
            else:
                self._waiting.remove(waiting)
            raise

    def _release(self, uploader: Uploader) -> None:
        self._running -= Counter((uploader,))
        self._grant()
        if not self._waiting or len(self._used_s) > _MAX_REMEMBERED:
            self._used_s.clear()

    def _grant(self) -> None:
        while able := [one for one in self._waiting if self._may_begin(one.uploader)]:
            first = min(  # the longest waiting among equals
                able,
                key=lambda one: (self._held_by_class(one.uploader), self._used_s[one.uploader]),
            )
            self._waiting.remove(first)
            self._running[first.uploader] += 1
            first.granted.set()

    def _may_begin(self, uploader: Uploader) -> bool:
        if self._running.total() >= self._slots:
            return False
        is_stranger = uploader.stranger is not None
        return not is_stranger or (
            uploader not in self._running and self._held_by_class(uploader) < self._of_strangers
        )

    def _held_by_class(self, uploader: Uploader) -> int:
        is_stranger = uploader.stranger is not None
        return sum(
            held for one, held in self._running.items() if (one.stranger is not None) == is_stranger
        )

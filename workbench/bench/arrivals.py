"""Moments at which urgent requests were accepted, and arrived on a bureau's topic."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from shared.catalogue import load_catalogue
from shared.contract.events import Decoder, RequestSubmitted
from shared.contract.topics import INTAKE_REQUESTS_EXPRESS, bureau_work
from shared.runtime.kafka import Record
from shared.runtime.kafka.reader import Tail, end_offsets, follow
from shared.runtime.kafka_access import KafkaAccess

_POLL_S = 1.0
_REQUESTS = Decoder((RequestSubmitted,))


@dataclass(frozen=True, slots=True)
class Arrival:
    """Moments of an urgent request, in seconds since the epoch."""

    accepted: float
    at_bureau: float


@dataclass(slots=True)
class Arrivals:
    """Watches the express topic of intake and the bureaus' topics.

    A request is known by the id of its submission, and has a case of its own.
    """

    _accepted: dict[str, RequestSubmitted] = field(default_factory=dict, init=False)
    _at_bureau: dict[str, float] = field(default_factory=dict, init=False)

    _changed: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def of(self, submissions: Collection[str], within_s: float) -> dict[str, Arrival]:
        """Return the arrivals of these submissions, after waiting for them for so long at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while len(self._found(submissions)) < len(submissions):
                    self._changed.clear()
                    await self._changed.wait()
        return self._found(submissions)

    def _found(self, submissions: Collection[str]) -> dict[str, Arrival]:
        return {
            id_: Arrival(accepted.time.timestamp(), at_bureau)
            for id_ in submissions
            if (accepted := self._accepted.get(id_))
            and (at_bureau := self._at_bureau.get(accepted.data.request_id))
        }

    async def follow(self, tail: Tail) -> None:
        """Note what arrives, for ever."""
        while True:
            for record in await tail.poll(_POLL_S):
                self._note(record, time.time())
            self._changed.set()

    def _note(self, record: Record, now: float) -> None:
        if record.topic == INTAKE_REQUESTS_EXPRESS.name:
            event = _REQUESTS.decode(record.value)
            self._accepted[event.causationid or ""] = event
        elif record.value:
            self._at_bureau.setdefault(json.loads(record.value)["correlationid"], now)


@asynccontextmanager
async def watch_arrivals(access: KafkaAccess) -> AsyncGenerator[Arrivals]:
    """Watch what arrives from now on."""
    bureaus = load_catalogue().bureau_codes
    topics = [INTAKE_REQUESTS_EXPRESS, *map(bureau_work, bureaus)]
    since = await end_offsets(access, [topic.name for topic in topics])
    arrivals = Arrivals()
    async with follow(access, since) as tail:
        following = asyncio.create_task(arrivals.follow(tail))
        try:
            yield arrivals
        finally:
            following.cancel()
            await asyncio.wait([following])

"""Reading every topic of the router while the day is played."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from cli.demo.run.facts import Facts, Parked
from cli.demo.run.lessons import learn
from shared.contract import topics as t
from shared.contract.events import Decoder, WorkOrder
from shared.errors import PermanentError
from shared.runtime.kafka import Partition, Record
from shared.runtime.kafka.reader import end_offsets

ADDRESSES = b"@example.org"
"""What every reporter of the day has in the address."""

_LOOK_EVERY_S = 0.2
_MAY_HOLD_ADDRESSES = frozenset({t.CHANNEL_SUBMISSIONS.name, t.INTAKE_CONTACTS.name})


def watched(bureaus: Iterable[str]) -> list[t.Topic]:
    """Return the topics to read: all of a router with these bureaus but what is handed in."""
    return [topic for topic in t.all_topics(bureaus) if topic.name != t.CHANNEL_SUBMISSIONS.name]


class Tail(Protocol):
    """What comes to the topics."""

    async def poll(self, within_s: float) -> Sequence[Record]:
        """Return what has come, or nothing when nothing came in time."""
        ...


class Watch:
    """Learns from what comes to the topics."""

    def __init__(self, topics: Sequence[t.Topic], facts: Facts) -> None:
        self._decoders: Mapping[str, Decoder[Any]] = {
            topic.name: Decoder(topic.events) for topic in topics if topic.events
        }
        self._facts = facts
        self._heard_at = asyncio.get_running_loop().time()

    @property
    def quiet_s(self) -> float:
        """For how long nothing has come to any topic."""
        return asyncio.get_running_loop().time() - self._heard_at

    async def look(self, tail: Tail) -> list[WorkOrder]:
        """Take in what has come by now, waiting a moment where nothing has.

        Returns:
            What the bureaus were told.
        """
        records = await tail.poll(_LOOK_EVERY_S)
        if records:
            self._heard_at = asyncio.get_running_loop().time()
        return [order for record in records if (order := self._take(record))]

    def _take(self, record: Record) -> WorkOrder | None:
        decoder = self._decoders.get(record.topic)
        if decoder is None:
            self._facts.parked.append(_parked(record))
            return None
        if record.topic not in _MAY_HOLD_ADDRESSES and ADDRESSES in (record.value or b""):
            self._facts.leaks += 1
        try:
            event = decoder.decode(record.value)
        except PermanentError:
            return None  # a tombstone
        learn(self._facts, event, datetime.fromtimestamp(record.timestamp / 1000, UTC))
        return event.data if isinstance(event.data, WorkOrder) else None


async def beginning(bootstrap: str, topics: Sequence[t.Topic]) -> dict[Partition, int]:
    """Return where the topics end before the day begins."""
    return await end_offsets(bootstrap, [topic.name for topic in topics])


def _parked(record: Record) -> Parked:
    headers = dict(record.headers)
    return Parked(record.topic.removesuffix(t.DEAD_LETTERS), headers.get("code", b"?").decode())

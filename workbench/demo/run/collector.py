"""Consumer of every topic of the router during the scenario."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from shared.contract import topics as t
from shared.contract.events import Decoder, WorkOrder
from shared.contract.topic import DEAD_LETTERS, Topic
from shared.errors import PermanentError
from shared.runtime.kafka import Record, written_at
from workbench.demo.run.observations import DeadLetterSeen, Observations
from workbench.demo.scenario.residents import EMAIL_DOMAIN

_POLL_S = 0.2
_REPORTERS_ADDRESS = f"@{EMAIL_DOMAIN}".encode()
_MAY_HOLD_ADDRESSES = frozenset({t.CHANNEL_SUBMISSIONS.name, t.INTAKE_CONTACTS.name})


def collected_topics(bureaus: Iterable[str]) -> list[Topic]:
    """Return every topic of a router with these bureaus except the one for submissions."""
    return [topic for topic in t.all_topics(bureaus) if topic.name != t.CHANNEL_SUBMISSIONS.name]


class RecordSource(Protocol):
    """A source of records, such as ``shared.runtime.kafka.reader.Tail``."""

    async def poll(self, within_s: float) -> Sequence[Record]:
        """Return new records, or none when none arrived within so many seconds."""
        ...


class TopicCollector:
    """Decodes records and adds them to the observations."""

    def __init__(self, topics: Sequence[Topic], seen: Observations) -> None:
        self._decoders: Mapping[str, Decoder[Any]] = {
            topic.name: Decoder(topic.events) for topic in topics if topic.events
        }
        self._seen = seen
        self._last_record_at = asyncio.get_running_loop().time()

    @property
    def idle_s(self) -> float:
        """Seconds since the last record on any topic."""
        return asyncio.get_running_loop().time() - self._last_record_at

    async def poll(self, source: RecordSource) -> list[WorkOrder]:
        """Record what has arrived, waiting ``_POLL_S`` at most; return the work orders in it."""
        records = await source.poll(_POLL_S)
        if records:
            self._last_record_at = asyncio.get_running_loop().time()
        return [order for record in records if (order := self._collect(record))]

    def _collect(self, record: Record) -> WorkOrder | None:
        decoder = self._decoders.get(record.topic)
        if decoder is None:
            code = dict(record.headers).get("code", b"?").decode()
            topic = record.topic.removesuffix(DEAD_LETTERS)
            self._seen.dead_letters.append(DeadLetterSeen(topic, code))
            return None
        if record.topic not in _MAY_HOLD_ADDRESSES and _REPORTERS_ADDRESS in (record.value or b""):
            self._seen.leaks += 1
        try:
            event = decoder.decode(record.value)
        except PermanentError:
            return None  # a tombstone
        self._seen.record(event, written_at(record))
        return event.data if isinstance(event.data, WorkOrder) else None

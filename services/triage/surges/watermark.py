"""Watermark: the event time up to which every report is counted, as far as Kafka shows."""

import time
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Generic, TypeVar

import structlog

from services.triage.surges.detection import slot_of
from shared.contract.topics import INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from shared.runtime.kafka import BrokerDownError, Partition
from shared.runtime.kafka.admin import KafkaAdminError, committed_offsets
from shared.runtime.kafka.reader import offset_bounds
from shared.runtime.kafka_access import KafkaAccess
from shared.vocabulary import Lane

P = TypeVar("P")


class EventClock(Generic[P]):
    """The latest event time read, held back by partitions with a backlog.

    After a pause some partitions are read faster than others. The clock must not run ahead of a
    partition in which older reports wait.
    """

    def __init__(self) -> None:
        self._latest: dict[P, datetime] = {}

    def observe(self, partition: P, moment: datetime) -> None:
        """Advance a partition to the event time of a report, unless it is further already."""
        self._latest[partition] = max(self._latest.get(partition, moment), moment)

    def now(self, has_backlog: Mapping[P, bool]) -> datetime | None:
        """Return the watermark, or None while it is unknown; a backlog is uncounted reports."""
        behind = [partition for partition, waits in has_backlog.items() if waits]
        if any(partition not in self._latest for partition in behind):
            return None
        if behind:
            return min(self._latest[partition] for partition in behind)
        read = [self._latest[p] for p in has_backlog if p in self._latest]
        return max(read, default=None)


log = structlog.get_logger()

_LANES: Mapping[Lane, str] = {
    "standard": INTAKE_REQUESTS.name,
    "express": INTAKE_REQUESTS_EXPRESS.name,
}
_DECIDING_GROUP = "triage"


class Watermark:
    """The event time of the counts, held back by counts to read and by requests to decide.

    Counts have the partition of their requests, since the topics have the same keys and as many
    partitions. Triage reads the express lane first, so the standard lane alone shows the progress
    of a partition.
    """

    def __init__(self, access: KafkaAccess, *, ask_every_s: float = 2.0) -> None:
        self._access = access
        self._ask_every_s = ask_every_s
        self._clock: EventClock[Partition] = EventClock()
        self._slot: int | None = None
        self._undecided: Collection[Partition] | None = None
        self._ask_at = 0.0

    def observe(self, lane: Lane, partition: int, moment: datetime) -> None:
        """Advance a partition to the event time of a report that was counted."""
        self._clock.observe(Partition(_LANES[lane], partition), moment)

    async def next_slot(self, unread: Mapping[int, bool]) -> datetime | None:
        """Return the event time when it has come to another slot, else None.

        Triage's progress is read in one call and used in the next: by then the counts of the
        decided requests are on the topic.
        """
        waiting = {
            Partition(topic, number): waits and lane == "standard"
            for number, waits in unread.items()
            for lane, topic in _LANES.items()
        }
        if not self._is_new(self._clock.now(waiting)):
            return None
        undecided, self._undecided = self._undecided, None
        if undecided is None:
            await self._ask()
            return None
        now = self._clock.now({p: waits or p in undecided for p, waits in waiting.items()})
        if now is None or not self._is_new(now):
            return None
        self._slot = slot_of(now)
        return now

    async def _ask(self) -> None:
        if time.monotonic() < self._ask_at:
            return
        self._ask_at = time.monotonic() + self._ask_every_s
        try:
            self._undecided = await _undecided_partitions(self._access)
        except (KafkaAdminError, BrokerDownError) as error:
            log.warning("triage_progress_unknown", reason=str(error))

    def _is_new(self, now: datetime | None) -> bool:
        return now is not None and slot_of(now) != self._slot


async def _undecided_partitions(access: KafkaAccess) -> Collection[Partition]:
    """Return the partitions with requests behind triage's last committed position.

    Triage commits every few seconds, so a partition with steady traffic is mostly among them.

    Raises:
        KafkaAdminError: The broker refuses the request.
        BrokerDownError: The broker did not answer.
    """
    committed = await committed_offsets(access, _DECIDING_GROUP)
    bounds = await offset_bounds(access, _LANES.values())
    return {p for p, (first, end) in bounds.items() if max(first, committed.get(p, first)) < end}

"""Tracker of the outcomes of a replay: reads the router's topics until all is done."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from shared.contract.events import Decoder
from shared.contract.topic import Topic
from shared.contract.topics import INTAKE_RECEIPTS, TRIAGE_DECISIONS, bureau_work
from shared.errors import PermanentError
from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import end_offsets, follow
from shared.runtime.kafka_access import KafkaAccess
from workbench.replay.outcomes import OutcomeCounter, OutcomeCounts

_POLL_S = 0.25


class OutcomeTracker:
    """Reads receipts, decisions and work orders from given offsets on."""

    def __init__(
        self,
        access: KafkaAccess,
        topics: Iterable[Topic],
        since: dict[Partition, int],
        counter: OutcomeCounter,
    ) -> None:
        """Prepare to read.

        Args:
            topics: The topics of ``since``.
            since: First offset to read of each partition.
        """
        self._access = access
        self._decoders: dict[str, Decoder[Any]] = {t.name: Decoder(t.events) for t in topics}
        self._since = since
        self._counter = counter

    async def follow(self, expected: Callable[[], int | None], idle_s: float) -> OutcomeCounts:
        """Read until all expected submissions are done, or until nothing more arrives.

        Args:
            expected: Returns the number of submissions; None while they are being sent.
            idle_s: Give up after so many seconds without a record since the last one was sent.
        """
        clock = asyncio.get_running_loop().time
        last_record_at = clock()
        async with follow(self._access, self._since) as tail:
            while True:
                records = await tail.poll(_POLL_S)
                for record in records:
                    self._count(record.topic, record.value)
                total = expected()
                if records or total is None:
                    last_record_at = clock()
                    continue
                counts = self._counter.counts()
                if _all_done(counts, total) or clock() - last_record_at > idle_s:
                    return counts

    def _count(self, topic: str, value: bytes | None) -> None:
        try:
            self._counter.add(self._decoders[topic].decode(value))
        except PermanentError:
            return  # an unreadable record is not about a submission of ours


def _all_done(counts: OutcomeCounts, total: int) -> bool:
    return (
        counts.answered >= total
        and counts.decided >= counts.accepted
        and counts.with_work >= counts.new_cases
    )


async def outcome_tracker(
    access: KafkaAccess, bureaus: Iterable[str], counter: OutcomeCounter
) -> OutcomeTracker:
    """Return a tracker that reads from the present end of the topics on.

    Args:
        bureaus: Codes of the bureaus whose work orders count.
    """
    topics = [INTAKE_RECEIPTS, TRIAGE_DECISIONS, *(bureau_work(code) for code in bureaus)]
    since = await end_offsets(access, [topic.name for topic in topics])
    return OutcomeTracker(access, topics, since, counter)

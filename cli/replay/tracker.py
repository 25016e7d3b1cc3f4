"""Waiting for what becomes of a replay."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from cli.replay.tally import Result, Tally
from shared.contract.events import Decoder
from shared.contract.topics import INTAKE_RECEIPTS, TRIAGE_DECISIONS, Topic, bureau_work
from shared.errors import PermanentError
from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import end_offsets, follow

_LOOK_EVERY_S = 0.25


class OutcomeTracker:
    """Reads receipts, decisions and work orders from where they ended when it was made."""

    def __init__(
        self, bootstrap: str, topics: Iterable[Topic], since: dict[Partition, int], tally: Tally
    ) -> None:
        self._bootstrap = bootstrap
        self._decoders: dict[str, Decoder[Any]] = {t.name: Decoder(t.events) for t in topics}
        self._since = since
        self._tally = tally

    async def follow(self, expected: Callable[[], int | None], quiet_s: float) -> Result:
        """Read until all that is expected is done, or nothing more comes.

        Args:
            expected: How many submissions there are in all; None while they are being sent.
            quiet_s: Give up when for so long nothing came after the last one was sent.
        """
        clock = asyncio.get_running_loop().time
        last_came_at = clock()
        async with follow(self._bootstrap, self._since) as tail:
            while True:
                records = await tail.poll(_LOOK_EVERY_S)
                for record in records:
                    self._take(record.topic, record.value)
                total = expected()
                if records or total is None:
                    last_came_at = clock()
                    continue
                result = self._tally.result()
                if _all_done(result, total) or clock() - last_came_at > quiet_s:
                    return result

    def _take(self, topic: str, value: bytes | None) -> None:
        try:
            self._tally.take(self._decoders[topic].decode(value))
        except PermanentError:
            return  # whatever it is, it is none of ours


def _all_done(result: Result, total: int) -> bool:
    return (
        result.answered >= total
        and result.decided >= result.accepted
        and result.with_work >= result.new_cases
    )


async def outcome_tracker(bootstrap: str, bureaus: Iterable[str], tally: Tally) -> OutcomeTracker:
    """Note where the topics end now, and return who reads on from there."""
    topics = [INTAKE_RECEIPTS, TRIAGE_DECISIONS, *(bureau_work(code) for code in bureaus)]
    since = await end_offsets(bootstrap, [topic.name for topic in topics])
    return OutcomeTracker(bootstrap, topics, since, tally)

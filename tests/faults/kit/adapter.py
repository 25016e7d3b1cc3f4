"""A channel adapter on Kafka that resubmits reports without a receipt."""

import asyncio
import json
from collections.abc import Mapping

from shared.runtime.kafka import BrokerDownError, Partition, open_sink
from shared.runtime.kafka.reader import end_offsets, follow
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from tests.faults.kit.history import History, Outcome
from tests.faults.kit.reports import SOURCE, Report

_TOPIC = "channel-submissions"
_RECEIPTS = "intake-receipts"
_BATCH_REPORTS = 200
_RETRY_S = 0.5


class Adapter:
    """Writes reports in order, and tracks which of them have a receipt."""

    def __init__(self, access: KafkaAccess, history: History) -> None:
        self._access = access
        self._history = history
        self._queue: asyncio.Queue[Report] = asyncio.Queue()
        self._without_receipt: dict[str, Report] = {}

    def submit(self, report: Report) -> None:
        """Append the report to the queue."""
        if report.poison is not None:
            self._history.poison.add(report.sha256)
        elif (SOURCE, report.id) not in self._history.outcomes:
            self._without_receipt[report.id] = report
            self._history.record_outcome(SOURCE, report.id, "indeterminate")
        self._queue.put_nowait(report)

    async def run(self) -> None:
        """Write queued reports until cancelled, with a new producer after every failure."""
        batch: list[Report] = []
        while True:
            try:
                async with open_sink(self._access) as sink:
                    while True:
                        batch = batch or await self._next_batch()
                        await sink.publish([_record(report) for report in batch])
                        batch = []
            except BrokerDownError:
                await asyncio.sleep(_RETRY_S)

    async def _next_batch(self) -> list[Report]:
        batch = [await self._queue.get()]
        while len(batch) < _BATCH_REPORTS and not self._queue.empty():
            batch.append(self._queue.get_nowait())
        return batch

    async def read_receipts(self, since: Mapping[Partition, int]) -> None:
        """Record receipts until cancelled; those that a broker lost with its tail stay missing."""
        async with follow(self._access, since) as tail:
            while True:
                for record in await tail.poll(within_s=0.5):
                    self._record_receipt(json.loads(record.value or b"{}"))

    @property
    def is_complete(self) -> bool:
        """True when every report has its receipt and the queue is empty."""
        return not self._without_receipt and self._queue.empty()

    def resubmit_missing(self) -> int:
        """Queue the reports without a receipt again; return their number."""
        missing = list(self._without_receipt.values())
        for report in missing:
            self._queue.put_nowait(report)
        return len(missing)

    async def receipt_offsets(self) -> Mapping[Partition, int]:
        """Return the end of the receipts topic: later receipts are new."""
        return await end_offsets(self._access, [_RECEIPTS])

    def _record_receipt(self, event: Mapping[str, object]) -> None:
        data = event["data"]
        assert isinstance(data, dict)
        submission = data["submission_id"]
        if data["submission_source"] != SOURCE or submission not in self._without_receipt:
            return
        accepted = str(event["type"]).endswith("accepted.v1")
        del self._without_receipt[submission]
        outcome: Outcome = "accepted" if accepted else "rejected"
        self._history.record_outcome(SOURCE, submission, outcome, data.get("request_id"))


def _record(report: Report) -> Outgoing:
    return Outgoing(report.id, _TOPIC, SOURCE.encode(), report.value)

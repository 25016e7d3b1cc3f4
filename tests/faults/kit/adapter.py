"""A channel adapter on Kafka that hands in again what has no receipt."""

import asyncio
import json
from collections.abc import Mapping

from shared.runtime.kafka import BrokerDownError, Partition, open_sink
from shared.runtime.kafka.reader import end_offsets, follow
from shared.runtime.outbox.records import Outgoing
from tests.faults.kit.history import History, Outcome
from tests.faults.kit.reports import SOURCE, Report

_TOPIC = "channel-submissions"
_RECEIPTS = "intake-receipts"
_AT_ONCE = 200
_AGAIN_AFTER_S = 0.5


class Adapter:
    """Writes reports in order, and knows which of them have a receipt."""

    def __init__(self, bootstrap: str, history: History) -> None:
        self._bootstrap = bootstrap
        self._history = history
        self._waiting: asyncio.Queue[Report] = asyncio.Queue()
        self._without_receipt: dict[str, Report] = {}

    def submit(self, report: Report) -> None:
        """Put the report behind those that wait."""
        if report.poison is not None:
            self._history.poison.add(report.sha256)
        elif (SOURCE, report.id) not in self._history.outcomes:
            self._without_receipt[report.id] = report
            self._history.record_outcome(SOURCE, report.id, "indeterminate")
        self._waiting.put_nowait(report)

    async def run(self) -> None:
        """Write what waits, with a new producer after every failure, until cancelled."""
        batch: list[Report] = []
        while True:
            try:
                async with open_sink(self._bootstrap) as sink:
                    while True:
                        batch = batch or await self._next()
                        await sink.publish([_record(report) for report in batch])
                        batch = []
            except BrokerDownError:
                await asyncio.sleep(_AGAIN_AFTER_S)

    async def _next(self) -> list[Report]:
        batch = [await self._waiting.get()]
        while len(batch) < _AT_ONCE and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
        return batch

    async def read_receipts(self, since: Mapping[Partition, int]) -> None:
        """Note receipts until cancelled; what a broker that lost its tail has not got stays out."""
        async with follow(self._bootstrap, since) as tail:
            while True:
                for record in await tail.poll(within_s=0.5):
                    self._note(json.loads(record.value or b"{}"))

    @property
    def is_complete(self) -> bool:
        """Whether every report has its receipt and nothing waits to be written."""
        return not self._without_receipt and self._waiting.empty()

    def resubmit_missing(self) -> int:
        """Hand in again what has no receipt; return how many that were."""
        missing = list(self._without_receipt.values())
        for report in missing:
            self._waiting.put_nowait(report)
        return len(missing)

    async def receipt_offsets(self) -> Mapping[Partition, int]:
        """Return from where on receipts are new."""
        return await end_offsets(self._bootstrap, [_RECEIPTS])

    def _note(self, event: Mapping[str, object]) -> None:
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

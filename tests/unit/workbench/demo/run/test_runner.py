"""Runner: every phase ends, even when the router stays silent."""

import asyncio
from collections.abc import Sequence

from shared.contract.events import Decoder, WorkOrder, WorkOrderIssued, WorkOrderUpdated, encode
from shared.contract.topics import bureau_work
from shared.runtime.kafka import Record
from shared.runtime.outgoing import Outgoing
from tests.support.builders import NOON
from tests.support.records import record
from tests.unit.workbench.demo.factories import work_order
from tests.unit.workbench.demo.run.test_submitter import DAY, RecordingSubmitter
from workbench.demo.run.collector import TopicCollector, collected_topics
from workbench.demo.run.observations import Observations
from workbench.demo.run.runner import DemoProgress, DemoRunner
from workbench.demo.run.submitter import ScenarioClock

TOPICS = collected_topics(["PBOT-MAINT"])


class KeptSink:
    def __init__(self) -> None:
        self.records: list[Outgoing] = []

    async def publish(self, records: Sequence[Outgoing]) -> None:
        self.records += records

    def arrived(self, on_kafka: Sequence[WorkOrder]) -> Sequence[WorkOrder]:
        return on_kafka


class OnceThenSilence:
    """A router that publishes some records and no more."""

    def __init__(self, *records: Record) -> None:
        self._records: Sequence[Record] = records

    async def poll(self, within_s: float) -> Sequence[Record]:
        said, self._records = self._records, ()
        if not said:
            await asyncio.sleep(within_s / 20)
        return said


async def played(*records: Record) -> tuple[DemoProgress, KeptSink]:
    seen, sink = Observations(), KeptSink()
    progress = DemoProgress(DAY, seen, ScenarioClock(DAY.deliveries[0].delivered_at))
    runner = DemoRunner(
        progress,
        TopicCollector(TOPICS, seen),
        RecordingSubmitter(),
        sink,
        give_up_after_idle_s=0.05,
    )
    await runner.run(OnceThenSilence(*records), seconds=0.25)
    return progress, sink


async def test_a_router_that_never_answers_does_not_keep_the_day_from_ending() -> None:
    progress, sink = await played()
    assert progress.clock.delivered == len(DAY.deliveries)
    assert list(progress.took_s) == ["the day", "the backlog", "bureaus at work", "last messages"]
    assert sink.records == []


async def test_what_a_bureau_is_told_is_answered_on_its_own_topic_under_the_case() -> None:
    order = work_order(bureau="PBOT-MAINT")
    issued = encode(WorkOrderIssued.of(order, now=NOON))
    progress, sink = await played(record(issued, topic=bureau_work("PBOT-MAINT").name))
    (said,) = sink.records
    update = Decoder([WorkOrderUpdated]).decode(said.value)
    assert (said.topic, said.key.decode()) == ("bureau-pbot-maint-updates", order.case_id)
    assert update.data["status"] == "acknowledged"
    assert progress.updates == 1

"""The surge watcher as a process: killed, restarted, with records delivered twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from services.triage.outbound.report_counts import to_report_counts
from services.triage.surges.detection import slot_of
from services.triage.surges.watermark import Watermark
from shared.contract.events import (
    Event,
    ReportsCounted,
    Request,
    SurgeEnded,
    SurgeStarted,
    encode,
    new_id,
)
from shared.contract.topics import (
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
    TRIAGE_REPORT_COUNTS,
    TRIAGE_SURGES,
)
from shared.runtime.kafka import Partition
from shared.runtime.kafka.admin import committed_offsets
from shared.runtime.kafka.partitioner import partition_for
from shared.runtime.kafka.reader import end_offsets
from shared.runtime.kafka_access import KafkaAccess
from tests.builders import NOON, location, request
from tests.stack import Stores
from tests.topic_log import TopicLog, read_between
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEAST = 10
_TIMEOUT_S = 60


@dataclass
class Watcher:
    """A surge watcher that can be started, stopped and killed, with the same tables each time."""

    access: KafkaAccess
    folder: Path
    group: str = field(default_factory=lambda: f"surges-{new_id()}")
    output: list[bytes] = field(default_factory=list)

    @contextmanager
    def running(self, *, ends_by: signal.Signals = signal.SIGTERM) -> Iterator[None]:
        settings = {
            **self.access.environment(),
            "TRIAGE_STREAM_HTTP_PORT": "0",
            "TRIAGE_STREAM_FOLDER": str(self.folder),
            "TRIAGE_STREAM_GROUP": self.group,
        }
        process = subprocess.Popen(
            (sys.executable, "-m", "services.triage.surges"),
            env=os.environ | settings,
            stdout=subprocess.PIPE,
        )
        try:
            yield
        finally:
            process.send_signal(ends_by)
            output, _ = process.communicate(timeout=15)
            self.output += output.splitlines()
            sys.stdout.buffer.write(output)  # shown when the test fails
        assert process.returncode == (0 if ends_by == signal.SIGTERM else -ends_by)


@pytest.fixture
async def watcher(stores: Stores, topic_log: TopicLog, tmp_path: Path) -> Watcher:
    """A watcher that begins at the present end of its topic, beside a triage without a backlog."""
    made = Watcher(stores.access, tmp_path / "tables")
    start = topic_log.start_offsets.items()
    counts = {p: offset for p, offset in start if p.topic == TRIAGE_REPORT_COUNTS.name}
    await set_position(stores.access, made.group, counts)
    lanes = {INTAKE_REQUESTS.name, INTAKE_REQUESTS_EXPRESS.name}
    requests = {p: offset for p, offset in start if p.topic in lanes}
    await set_position(stores.access, "triage", requests)
    return made


async def set_position(access: KafkaAccess, group: str, offsets: dict[Partition, int]) -> None:
    consumer = AIOKafkaConsumer(
        **access.aiokafka_options(), group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    consumer.assign(list(offsets))
    await consumer.commit(offsets)
    await consumer.stop()


def tree(at: datetime = NOON, district: str = "SE", **changes: Any) -> Event:
    """Return what triage writes for a request that it decides by itself."""
    fields: dict[str, Any] = {
        "dedup_group": "tree-emergency",
        "location": location(district=district),
        "observed_at": at,
    }
    return counted(request(**(fields | changes)))


def counted(*requests: Request) -> Event:
    [counts] = to_report_counts(requests)
    return ReportsCounted.of(counts, now=NOON)


def storm(count: int, at: datetime = NOON, district: str = "SE", **rest: Any) -> list[Event]:
    return [tree(at + n * MINUTE, district, **rest) for n in range(count)]


async def surge_events(topic_log: TopicLog, district: str) -> list[Any]:
    return [e for e in await topic_log.events(TRIAGE_SURGES) if e.data.district == district]


async def read_so_far(topic_log: TopicLog, mark: str) -> None:
    """Wait until everything published before is counted.

    A storm of the same group follows in the same partition; its surge event ends the wait.
    """
    await topic_log.publish(*storm(LEAST, district=mark))
    await eventually(lambda: surge_events(topic_log, mark), _TIMEOUT_S)


async def test_a_storm_begins_and_ends_once_each_by_the_clock_of_its_reports(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    with watcher.running():
        await topic_log.write(TRIAGE_REPORT_COUNTS, "portland.gov:tree-emergency", b"garbage")
        await topic_log.publish(*storm(8), *storm(4, lane="express"))
        await eventually(lambda: surge_events(topic_log, "SE"), _TIMEOUT_S)
        await topic_log.publish(tree(NOON + 5 * HOUR, "NW"))

        await eventually(lambda: _is_over(topic_log, "SE"), _TIMEOUT_S)

    started, ended = await surge_events(topic_log, "SE")
    assert (type(started), type(ended)) == (SurgeStarted, SurgeEnded)
    assert (started.data.count, ended.data.count) == (LEAST, 12)
    assert started.data.window_start == NOON - 50 * MINUTE
    assert NOON < ended.time < NOON + 2 * HOUR
    keys = {record.key for record in await topic_log.records(TRIAGE_SURGES)}
    assert keys == {b"tree-emergency:SE"}
    assert json.loads(watcher.output[-1])["event"] == "service_stopped"
    assert all(json.loads(line)["service"] == "triage-stream" for line in watcher.output)


async def test_event_time_waits_for_requests_that_triage_has_to_decide(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    """Triage reads the express lane first, so its counts come before older ones."""
    key = "portland.gov:tree-emergency"
    number = partition_for(key.encode(), INTAKE_REQUESTS.partitions)
    watermark = Watermark(watcher.access, ask_every_s=0)
    watermark.observe("standard", number, NOON)
    assert [await watermark.next_slot({number: False}) for _ in range(2)] == [None, NOON]

    await topic_log.write(INTAKE_REQUESTS, key, b"undecided")
    watermark.observe("express", number, NOON + 5 * HOUR)
    assert [await watermark.next_slot({number: False}) for _ in range(2)] == [None, None]

    lanes = [INTAKE_REQUESTS.name, INTAKE_REQUESTS_EXPRESS.name]
    await set_position(watcher.access, "triage", await end_offsets(watcher.access, lanes))
    assert [await watermark.next_slot({number: True}) for _ in range(2)] == [None, None]
    later = NOON + 5 * HOUR
    assert [await watermark.next_slot({number: False}) for _ in range(3)] == [None, later, None]


async def test_what_triage_decided_in_one_batch_is_one_record(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    place = location(district="SE")
    batch = [request(dedup_group="tree-emergency", location=place) for _ in range(LEAST + 5)]
    with watcher.running():
        await topic_log.publish(counted(*batch))
        await read_so_far(topic_log, "mark")

    assert [event.data.count for event in await surge_events(topic_log, "SE")] == [LEAST]


async def test_what_cannot_be_decoded_or_counted_does_not_stop_the_watcher(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    with watcher.running():
        await topic_log.write(TRIAGE_REPORT_COUNTS, "portland.gov:tree-emergency", None)
        await topic_log.write(TRIAGE_REPORT_COUNTS, "", b"")
        await topic_log.publish(tree(district="S\tE"))
        await read_so_far(topic_log, "mark")

    events = [json.loads(line)["event"] for line in watcher.output]
    assert events.count("reports_not_counted") == 3
    assert events.count("stream_started") == 1


async def test_where_the_watcher_goes_on_can_be_seen_from_outside(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    with watcher.running():
        await topic_log.publish(*storm(LEAST))
        await read_so_far(topic_log, "mark")

    ends = await end_offsets(watcher.access, [TRIAGE_REPORT_COUNTS.name])
    assert await committed_offsets(watcher.access, watcher.group) == ends


async def test_a_backlog_behind_a_restart_is_neither_lost_nor_counted_twice(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    with watcher.running():
        await topic_log.publish(*storm(LEAST - 2))
        await read_so_far(topic_log, "mark 1")
    await topic_log.publish(tree(), *storm(LEAST - 1, district="NE"))
    with watcher.running():
        await read_so_far(topic_log, "mark 2")
        assert await surge_events(topic_log, "SE") == []
        await topic_log.publish(tree(NOON + 3 * MINUTE), tree(NOON, "NE"))
        await read_so_far(topic_log, "mark 3")

    assert [event.data.count for event in await surge_events(topic_log, "SE")] == [LEAST]
    assert [event.data.count for event in await surge_events(topic_log, "NE")] == [LEAST]


async def test_after_a_kill_the_work_that_is_done_again_counts_once(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    """The kill comes before the first offset commit, so all of it is processed again."""
    with watcher.running(ends_by=signal.SIGKILL):
        await topic_log.publish(*storm(LEAST - 1))
        await read_so_far(topic_log, "mark 1")
    with watcher.running(ends_by=signal.SIGKILL):
        await read_so_far(topic_log, "mark 2")
    shutil.rmtree(watcher.folder)  # the tables are in Kafka as well
    with watcher.running():
        await read_so_far(topic_log, "mark 3")
        assert await surge_events(topic_log, "SE") == []
        await topic_log.publish(tree())
        await read_so_far(topic_log, "mark 4")

    assert [event.data.count for event in await surge_events(topic_log, "SE")] == [LEAST]
    by_id = {event.id: event for event in await topic_log.events(TRIAGE_SURGES)}
    again = await topic_log.records(TRIAGE_SURGES)
    assert {record.value for record in again} == {encode(event) for event in by_id.values()}
    assert {type(event) for event in by_id.values()} == {SurgeStarted}
    assert len(by_id) == 5


async def test_requests_that_come_again_make_no_new_surge(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    first, later = storm(LEAST + 2), storm(LEAST - 1, at=NOON + 9 * HOUR)
    with watcher.running():
        await topic_log.publish(*first, *later)
        await read_so_far(topic_log, "mark 1")
        before = await surge_events(topic_log, "SE")
        await topic_log.publish(*first, *later, *first)
        await read_so_far(topic_log, "mark 2")
    with watcher.running():
        await topic_log.publish(*later, *first)
        await read_so_far(topic_log, "mark 3")

    assert {event.id for event in before} <= {e.id for e in await surge_events(topic_log, "SE")}
    events = await surge_events(topic_log, "SE")
    assert [type(event) for event in events] == [SurgeStarted, SurgeEnded]


async def test_what_is_old_by_the_clock_of_the_reports_is_swept_from_the_tables(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    with watcher.running():
        await topic_log.publish(*storm(LEAST - 1))
        await read_so_far(topic_log, "mark 1")
    with watcher.running():  # what was recovered is swept like what was heard
        await topic_log.publish(tree(NOON + 3 * DAY))
        await eventually(lambda: _is_over(topic_log, "mark 1"), _TIMEOUT_S)
        await topic_log.publish(tree(NOON + 3 * DAY + HOUR))

        async def swept() -> bool:
            kept = {int(key.rpartition(b"\t")[2]) for key in await _kept_voices(watcher)}
            return kept == {slot_of(NOON + 3 * DAY), slot_of(NOON + 3 * DAY + HOUR)}

        await eventually(swept, _TIMEOUT_S)


async def _is_over(topic_log: TopicLog, district: str) -> bool:
    return any(isinstance(event, SurgeEnded) for event in await surge_events(topic_log, district))


async def _kept_voices(watcher: Watcher) -> dict[bytes, bytes]:
    """Return the content of the reporters' table from its changelog topic."""
    topic = f"{watcher.group}-voices-changelog"
    beginning = dict.fromkeys(await end_offsets(watcher.access, [topic]), 0)
    records = await read_between(watcher.access, beginning)
    newest = {record.key or b"": record.value for record in records}
    return {key: value for key, value in newest.items() if value}

"""The surge watcher killed, restarted, with records delivered twice."""

import shutil
import signal

import pytest

from shared.contract.events import SurgeEnded, SurgeStarted, encode
from shared.contract.topics import TRIAGE_REPORT_COUNTS, TRIAGE_SURGES
from shared.runtime.kafka.admin import committed_offsets
from shared.runtime.kafka.reader import end_offsets
from tests.integration.surges.storms import (
    HOUR,
    LEAST,
    MINUTE,
    read_so_far,
    storm,
    surge_events,
    tree,
)
from tests.integration.surges.watcher import Watcher
from tests.support.builders import NOON
from tests.support.topic_log import TopicLog

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(240)]


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

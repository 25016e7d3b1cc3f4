"""What the surge watcher makes of the counts that it reads."""

import json

import pytest

from services.triage.surges.detection import slot_of
from services.triage.surges.watermark import Watermark
from shared.contract.events import SurgeEnded, SurgeStarted
from shared.contract.topics import (
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
    TRIAGE_REPORT_COUNTS,
    TRIAGE_SURGES,
)
from shared.runtime.kafka import headers_by_name
from shared.runtime.kafka.reader import end_offsets
from shared.runtime.kafka.sink import partition_for
from tests.integration.surges.storms import (
    DAY,
    HOUR,
    LEAST,
    MINUTE,
    TIMEOUT_S,
    counted,
    read_so_far,
    storm,
    surge_events,
    tree,
)
from tests.integration.surges.watcher import Watcher, set_position
from tests.support.builders import NOON, location, request
from tests.support.otlp_collector import otlp_collector
from tests.support.topic_log import TopicLog, read_between
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


async def test_a_storm_begins_and_ends_once_each_by_the_clock_of_its_reports(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    with watcher.running():
        await topic_log.write(TRIAGE_REPORT_COUNTS, "portland.gov:tree-emergency", b"garbage")
        await topic_log.publish(*storm(8), *storm(4, lane="express"))
        await eventually(lambda: surge_events(topic_log, "SE"), TIMEOUT_S)
        await topic_log.publish(tree(NOON + 5 * HOUR, "NW"))

        await eventually(lambda: _is_over(topic_log, "SE"), TIMEOUT_S)

    started, ended = await surge_events(topic_log, "SE")
    assert (type(started), type(ended)) == (SurgeStarted, SurgeEnded)
    assert (started.data.count, ended.data.count) == (LEAST, 12)
    assert started.data.window_start == NOON - 50 * MINUTE
    assert NOON < ended.time < NOON + 2 * HOUR
    keys = {record.key for record in await topic_log.records(TRIAGE_SURGES)}
    assert keys == {b"tree-emergency:SE"}
    assert json.loads(watcher.output[-1])["event"] == "service_stopped"
    assert all(json.loads(line)["service"] == "triage-stream" for line in watcher.output)


async def test_a_surge_begins_a_trace_that_its_event_carries_on(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    with otlp_collector() as collector:
        with watcher.running(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url):
            await topic_log.publish(*storm(LEAST))
            [started] = await eventually(lambda: surge_events(topic_log, "SE"), TIMEOUT_S)
        spans = {span.name: span for span in collector.spans_of("route311-triage-stream")}

    detected, sent = spans["detect surge"], spans["send triage-surges"]
    carried = f"00-{detected.trace_id.hex()}-{detected.span_id.hex()}-"
    assert started.traceparent.startswith(carried)
    assert (sent.trace_id, sent.parent_span_id) == (detected.trace_id, detected.span_id)
    assert "process triage-report-counts" in spans


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
    letters = await topic_log.parked(TRIAGE_REPORT_COUNTS, 3)
    headers = [headers_by_name(letter) for letter in letters]
    assert events.count("report_counts_failed") == 3
    assert [one["code"] for one in headers].count(b"undecodable_event") == 2
    assert [one["code"] for one in headers].count(b"uncountable") == 1
    assert {one["service"] for one in headers} == {b"triage-stream"}
    assert events.count("stream_started") == 1


async def test_what_is_old_by_the_clock_of_the_reports_is_swept_from_the_tables(
    watcher: Watcher, topic_log: TopicLog
) -> None:
    with watcher.running():
        await topic_log.publish(*storm(LEAST - 1))
        await read_so_far(topic_log, "mark 1")
    with watcher.running():  # what was recovered is swept like what was heard
        await topic_log.publish(tree(NOON + 3 * DAY))
        await eventually(lambda: _is_over(topic_log, "mark 1"), TIMEOUT_S)
        await topic_log.publish(tree(NOON + 3 * DAY + HOUR))

        async def swept() -> bool:
            kept = {int(key.rpartition(b"\t")[2]) for key in await _kept_voices(watcher)}
            return kept == {slot_of(NOON + 3 * DAY), slot_of(NOON + 3 * DAY + HOUR)}

        await eventually(swept, TIMEOUT_S)


async def _is_over(topic_log: TopicLog, district: str) -> bool:
    return any(isinstance(event, SurgeEnded) for event in await surge_events(topic_log, district))


async def _kept_voices(watcher: Watcher) -> dict[bytes, bytes]:
    """Return the content of the reporters' table from its changelog topic."""
    topic = f"{watcher.group}-voices-changelog"
    beginning = dict.fromkeys(await end_offsets(watcher.access, [topic]), 0)
    records = await read_between(watcher.access, beginning)
    newest = {record.key or b"": record.value for record in records}
    return {key: value for key, value in newest.items() if value}

"""Records that cannot be read: parked as they were, or counted, while the rest flows."""

from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from shared.contract.events import encode
from shared.contract.topics import INTAKE_REQUESTS, TRIAGE_DECISIONS
from shared.runtime.clock import utc_now
from shared.runtime.consumer.dlq_limit import DlqLimit, DlqLimitTracker
from shared.runtime.kafka.clients import connect
from shared.runtime.kafka.sink import partition_for
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.postgres import Pool
from tests.integration.runtime.children import ids, noted
from tests.integration.runtime.conftest import RunConsumer
from tests.support.builders import request_submitted
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

KEY = "portland.gov:pavement"


async def publish_with_foreign_headers(access: KafkaAccess, values: Sequence[bytes]) -> None:
    """Publish values with a header name that is not UTF-8, as other languages can write it."""
    async with connect(lambda: AIOKafkaProducer(**access.aiokafka_options())) as producer:
        partitions = await producer.partitions_for(INTAKE_REQUESTS.name)
        batch = producer.create_batch()
        for value in values:
            batch.append(key=KEY.encode(), value=value, timestamp=None, headers=[("~~", None)])
        raw = batch._build().replace(b"~~", b"\xff\xfe")  # noqa: SLF001 - it takes only UTF-8
        raw[17:21] = calc_crc32c(bytes(raw[21:])).to_bytes(4, "big")
        batch._buffer = raw  # noqa: SLF001 - as above
        partition = partition_for(KEY.encode(), len(partitions))
        await (await producer.send_batch(batch, INTAKE_REQUESTS.name, partition=partition))


async def test_a_header_without_a_value_and_with_a_name_that_is_not_utf_8_stops_nothing(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    first, last = request_submitted(), request_submitted()
    await publish_with_foreign_headers(topic_log.access, [encode(first), b"garbage"])
    await topic_log.publish(last)

    async with run_consumer():
        await topic_log.at_least(2, TRIAGE_DECISIONS)
        parked = await topic_log.parked(INTAKE_REQUESTS)

    assert await noted(pool) == ids([first, last])
    [(name, value), *_] = parked[0].headers
    assert (parked[0].value, name, value or None) == (b"garbage", "\\xff\\xfe", None)


async def test_garbage_is_parked_as_it_was_with_its_reason_and_the_rest_flows(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    before, poison, after = (
        request_submitted(),
        request_submitted(description="poison"),
        request_submitted(),
    )
    async with run_consumer():
        await topic_log.publish(before)
        await topic_log.write(INTAKE_REQUESTS, KEY, b"garbage", colour=b"\x00\xff")
        await topic_log.publish(poison, after)
        await topic_log.at_least(2, TRIAGE_DECISIONS)
        garbage, poisoned = await topic_log.parked(INTAKE_REQUESTS, 2)

    assert await noted(pool) == ids([before, after])
    headers = dict(garbage.headers)
    assert (garbage.key, garbage.value) == (KEY.encode(), b"garbage")
    assert (headers["service"], headers["code"]) == (b"triage", b"undecodable_event")
    assert headers["colour"] == b"\x00\xff"
    assert headers["source"].startswith(b"intake-requests/")
    assert poisoned.value == encode(poison)
    assert dict(poisoned.headers)["reason"] == b"description: poison"


async def test_an_oversized_record_is_parked_unread(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    huge = b'"' + b"x" * 5_000_000 + b'"'
    async with run_consumer():
        await topic_log.write(INTAKE_REQUESTS, KEY, huge)
        await topic_log.publish(request_submitted())
        await topic_log.at_least(1, TRIAGE_DECISIONS)
        [parked] = await topic_log.parked(INTAKE_REQUESTS)

    assert parked.value == huge
    assert dict(parked.headers)["code"] == b"too_large"
    assert len(await noted(pool)) == 1


async def test_garbage_of_outsiders_beyond_its_bytes_is_counted_and_not_kept(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DlqLimitTracker, "is_garbage", lambda _, __: True)
    await eventually(_has_the_hour_time_left)
    garbage = b"x" * 1_000
    for _ in range(5):
        await topic_log.write(INTAKE_REQUESTS, KEY, garbage)
    last = request_submitted()
    await topic_log.publish(last)

    async with run_consumer(dlq_limit=DlqLimit(bytes_per_hour=2_500)):
        await topic_log.at_least(1, TRIAGE_DECISIONS)
        await eventually(lambda: topic_log.records("intake-requests-dlq"))
    async with run_consumer(dlq_limit=DlqLimit(bytes_per_hour=2_500)):  # it survives a restart
        await topic_log.write(INTAKE_REQUESTS, KEY, garbage)
        await topic_log.publish(request_submitted())
        await topic_log.at_least(2, TRIAGE_DECISIONS)

    assert [r.value for r in await topic_log.records("intake-requests-dlq")] == [garbage, garbage]
    [row] = await pool.fetch("SELECT * FROM garbage")
    assert (row["topic"], row["code"]) == ("intake-requests", "undecodable_event")
    assert (row["kept_records"], row["dropped_records"]) == (2, 4)
    assert row["dropped_bytes"] > 4_000
    assert len(await noted(pool)) == 2


async def _has_the_hour_time_left() -> bool:
    """Return True but for the end of an hour of the clock, for which the bytes are counted."""
    now = utc_now()
    return now.replace(minute=59, second=30) > now

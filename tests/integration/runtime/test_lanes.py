import asyncio
from collections.abc import Sequence

import pytest

from shared.contract.topics import TRIAGE_DECISIONS, TRIAGE_DECISIONS_EXPRESS
from shared.runtime.kafka import KafkaSink
from shared.runtime.outbox.relay import ExpressAndOthers
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Pool
from tests.integration.runtime.relays import commit, is_leading, is_outbox_empty, outgoing
from tests.support.stack import Stores
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


async def test_an_urgent_record_is_published_while_another_waits_for_its_acknowledgement(
    pool: Pool, stores: Stores, topic_log: TopicLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, is_published = KafkaSink.publish, asyncio.Event()

    async def delayed(sink: KafkaSink, records: Sequence[Outgoing]) -> None:
        if records[0].topic == TRIAGE_DECISIONS.name:
            await is_published.wait()
        await publish(sink, records)
        is_published.set()

    monkeypatch.setattr(KafkaSink, "publish", delayed)
    relays, stopping = ExpressAndOthers(pool, stores.access), asyncio.Event()
    running = asyncio.create_task(relays.run(stopping))
    await eventually(lambda: is_leading(pool))
    relays.hand_over(await commit(pool, outgoing("routine", 1)))
    urgent = Outgoing("urgent", TRIAGE_DECISIONS_EXPRESS.name, b"urgent", b"2")
    relays.hand_over(await commit(pool, urgent))
    await eventually(lambda: is_outbox_empty(pool))
    stopping.set()
    await running

    assert await topic_log.values(TRIAGE_DECISIONS_EXPRESS) == [b"2"]
    assert await topic_log.values(TRIAGE_DECISIONS) == [b"1"]

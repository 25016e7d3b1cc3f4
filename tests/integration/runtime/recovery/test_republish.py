"""Republishing to a broker that lost its tail, on a real Kafka and a real PostgreSQL."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from deploy.local.infrastructure import Infrastructure, infrastructure
from shared.contract.events import Event, RequestSubmitted, RequestTriaged
from shared.contract.topic import Topic
from shared.contract.topics import INTAKE_REQUESTS, TRIAGE_DECISIONS
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer, Handler
from shared.runtime.consumer.messages import Message
from shared.runtime.kafka import open_sink
from shared.runtime.kafka.reader import end_offsets
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.migrate import SERVICES, migrate, set_passwords
from shared.runtime.outbox.outbox import BUCKETS, enqueue, wake_relays
from shared.runtime.outbox.relay import Relay
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, Pool, open_pool, transaction
from shared.runtime.recovery.republish import (
    OutboxReplay,
    RepublishResult,
    RepublishRun,
    paused_relay,
)
from tests.support.builders import decision, request_submitted, request_triaged
from tests.support.databases import Database
from tests.support.stack import PASSWORD, Stores
from tests.support.topic_log import TopicLog, open_topic_log
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(240)]

LOCK_HOLDERS = """
    SELECT usename, count(*) AS buckets
      FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND datname = current_database()
     GROUP BY usename
"""
MARK_UNPUBLISHED = """
    INSERT INTO outbox_waiting (seq, bucket, records, bytes)
    SELECT seq, bucket, 1, 1 FROM outbox_batches WHERE event_ids = $1
"""
TOPICS = (INTAKE_REQUESTS, TRIAGE_DECISIONS)


@dataclass(frozen=True, slots=True)
class Router:
    """A broker, a database, and two services that store the ids they read."""

    stores: Infrastructure
    pools: dict[str, Pool]

    async def submit(self, events: Sequence[RequestSubmitted]) -> None:
        async with transaction(self.pools["intake"]) as db:
            await enqueue(db, events)
            await wake_relays(db)

    async def handled_ids(self, service: str) -> Counter[str]:
        rows = await self.pools[service].fetch("SELECT request_id FROM noted")
        return Counter(str(row["request_id"]) for row in rows)

    async def wait_for(self, events: Sequence[RequestSubmitted]) -> None:
        async def all_there() -> bool:
            return (await self.handled_ids("dispatch")).keys() >= {
                e.data.request_id for e in events
            }

        await eventually(all_there)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        stopping = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            relays = [Relay(self.pools[name], self.stores.access) for name in ("intake", "triage")]
            for relay in relays:
                group.create_task(relay.run(stopping))
            triage = self._consumer("triage", INTAKE_REQUESTS, _decide)
            triage.on_commit = relays[1].hand_over
            for consumer in (triage, self._consumer("dispatch", TRIAGE_DECISIONS, _note)):
                group.create_task(consumer.run(stopping))
            yield
            stopping.set()

    def _consumer(self, service: str, topic: Topic, handle: Handler[Any]) -> Consumer[Any]:
        pool, access = self.pools[service], self.stores.access
        return Consumer(service, f"{service}-test", [topic], access, pool, handle)

    async def recover(self, since: datetime, *, dry: bool = False) -> RepublishResult:
        refill = OutboxReplay(since, None, dry, on_step=lambda _: None)
        admin = self.stores.admin_dsn
        return await RepublishRun(
            self.stores.access, admin, SERVICES, refill, accept_loss=False
        ).run()


async def _decide(messages: Sequence[Message[RequestSubmitted]], db: Connection) -> list[Event]:
    await _note_ids(db, [message.event.data.request_id for message in messages])
    return [request_triaged(decision(message.event.data)) for message in messages]


async def _note(messages: Sequence[Message[RequestTriaged]], db: Connection) -> list[Event]:
    await _note_ids(db, [message.event.data.request_id for message in messages])
    return []


async def _note_ids(db: Connection, ids: Sequence[str]) -> None:
    await db.executemany("INSERT INTO noted VALUES ($1)", [(number,) for number in ids])


@pytest.fixture
def folder() -> Generator[Path]:
    folder = Path(mkdtemp(prefix="route311-republish-"))
    folder.chmod(0o755)  # PostgreSQL runs as another user when the tests run as root
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def router(folder: Path) -> AsyncGenerator[Router]:
    async with infrastructure(folder, durable=False, mail=False) as stores:
        await apply_topics(stores.access, TOPICS)
        await migrate(stores.admin_dsn)
        await set_passwords(stores.admin_dsn, dict.fromkeys(SERVICES, PASSWORD))
        address = stores.admin_dsn.rpartition("@")[2]
        dsn = f"postgresql://route311_{{}}:{PASSWORD}@{address}"
        async with (
            open_pool(dsn.format("intake")) as intake,
            open_pool(dsn.format("triage")) as triage,
            open_pool(dsn.format("dispatch")) as dispatch,
        ):
            for pool in (triage, dispatch):
                await pool.execute("CREATE TABLE noted (request_id uuid NOT NULL)")
            yield Router(stores, {"intake": intake, "triage": triage, "dispatch": dispatch})


async def test_an_older_log_is_filled_again_and_each_event_is_done_once(router: Router) -> None:
    early, late, after = ([request_submitted() for _ in range(20)] for _ in range(3))
    kafka, data = router.stores.kafka, router.stores.site.folder.kafka
    async with router.running():
        await router.submit(early)
        await router.wait_for(early)
    await kafka.stop(10)
    shutil.copytree(data / "data", data / "older")
    await kafka.start()
    since = utc_now()
    async with router.running():
        await router.submit(late)
        await router.wait_for(late)

    await kafka.stop(10)
    shutil.rmtree(data / "data")
    (data / "older").rename(data / "data")
    await kafka.start()
    planned = await router.recover(since, dry=True)
    done = await router.recover(since)
    async with router.running():
        await router.submit(after)
        await router.wait_for(after)
        await eventually(lambda: _all_published(router))

    assert done == planned
    assert done.published_again["intake"] == {INTAKE_REQUESTS.name: 20}
    assert done.published_again["triage"] == {TRIAGE_DECISIONS.name: 20}
    assert {
        (m.partition.topic, m.cause) for m in (*done.moved["triage"], *done.moved["dispatch"])
    } == {
        (INTAKE_REQUESTS.name, "tail_lost"),
        (TRIAGE_DECISIONS.name, "tail_lost"),
    }
    once = Counter(e.data.request_id for e in (*early, *late, *after))
    assert await router.handled_ids("triage") == once
    assert await router.handled_ids("dispatch") == once
    for topic in TOPICS:
        assert await _ids_in_topic(router, topic) == set(once)


async def test_who_runs_all_the_time_is_set_right_without_a_restart(router: Router) -> None:
    early, late, after = ([request_submitted() for _ in range(20)] for _ in range(3))
    async with router.running():
        await router.submit(early)
        await router.wait_for(early)
        await copy_log(router)
        since = utc_now()
        await router.submit(late)
        await router.wait_for(late)
        await restore_copied_log(router)

        await router.recover(since)
        await router.submit(after)
        await router.wait_for(after)
        await eventually(lambda: _all_published(router))

    once = Counter(e.data.request_id for e in (*early, *late, *after))
    assert await router.handled_ids("triage") == once
    assert await router.handled_ids("dispatch") == once
    for topic in TOPICS:
        assert await _ids_in_topic(router, topic) == set(once)


async def copy_log(router: Router) -> None:
    data = router.stores.site.folder.kafka
    await router.stores.kafka.stop(10)
    shutil.copytree(data / "data", data / "older")
    await router.stores.kafka.start()


async def restore_copied_log(router: Router) -> None:
    data = router.stores.site.folder.kafka
    await router.stores.kafka.stop(10)
    shutil.rmtree(data / "data")
    (data / "older").rename(data / "data")
    await router.stores.kafka.start()


async def test_a_log_that_grew_past_its_reader_again_is_read_from_the_moment_on(
    router: Router,
) -> None:
    """As if other writers had grown the log past the lost records before they were missed."""
    since = utc_now()
    events = [request_submitted() for _ in range(10)]
    async with router.running():
        await router.submit(events[:5])
        await router.wait_for(events[:5])
    async with open_sink(router.stores.access) as sink:
        await sink.publish([record for e in events[5:] for record in Outgoing.for_event(e)])
    await router.pools["triage"].execute(
        "UPDATE consumer_offset SET next_offset = next_offset + 5 WHERE next_offset > 0"
    )

    done = await router.recover(since)
    async with router.running():
        await router.wait_for(events)

    assert {move.cause for move in done.moved["triage"]} == {"read_again"}
    assert await router.handled_ids("dispatch") == Counter(e.data.request_id for e in events)


async def test_while_the_relay_is_held_nothing_is_published_and_then_the_older_comes_first(
    database: Database, pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    def outgoing(number: int) -> Outgoing:
        return Outgoing(f"{number}", TRIAGE_DECISIONS.name, b"key", f"{number}".encode())

    async def count_is(count: int) -> bool:
        return len(await topic_log.values(TRIAGE_DECISIONS)) >= count

    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(Relay(pool, stores.access).run(stopping))
        async with transaction(pool) as db:
            for number in range(3):
                await enqueue(db, [outgoing(number)])
        await eventually(lambda: count_is(3))
        async with paused_relay(database.admin_dsn, "triage"):
            async with transaction(pool) as db:
                await enqueue(db, [outgoing(3)])
            for id_ in ("2", "1"):
                await pool.execute(MARK_UNPUBLISHED, [id_])
            lock_holders = await pool.fetch(LOCK_HOLDERS)
            while_paused = await topic_log.values(TRIAGE_DECISIONS)
        await eventually(lambda: count_is(6))
        stopping.set()

    [holder] = lock_holders
    assert (holder["usename"], holder["buckets"]) == ("postgres", len(BUCKETS))
    assert while_paused == [b"0", b"1", b"2"]
    assert await topic_log.values(TRIAGE_DECISIONS) == [b"0", b"1", b"2", b"1", b"2", b"3"]


async def _all_published(router: Router) -> bool:
    waiting = [
        await router.pools[service].fetchval("SELECT count(*) FROM outbox WHERE NOT published")
        for service in ("intake", "triage")
    ]
    return not any(waiting)


async def _ids_in_topic(router: Router, topic: Topic) -> set[str]:
    ends = await end_offsets(router.stores.access, [topic.name])
    async with open_topic_log(router.stores.access, dict.fromkeys(ends, 0)) as log:
        return {event.data.request_id for event in await log.events(topic)}

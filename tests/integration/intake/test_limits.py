"""What intake says when it cannot keep more."""

import asyncpg
import pytest

from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.kafka_access import KafkaAccess
from tests.integration.intake.conftest import Running
from tests.support.databases import Database
from tests.support.intake.http_client import Response, post
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

FULL_DISK = """
    CREATE FUNCTION intake.full() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
    CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON intake.outbox_waiting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION intake.full();
"""


async def test_with_kafka_away_submissions_are_taken_until_the_outbox_is_full(
    running: Running, topic_log: TopicLog
) -> None:
    answered: list[Response] = []
    async with running(access=KafkaAccess("127.0.0.1:1"), outbox_limit=3) as client:

        async def refused() -> Response | None:
            response = await post(client)
            answered.extend([response] if response.status == 201 else [])
            return response if response.status == 503 else None

        full = await eventually(refused)
    assert full
    assert full.headers["Retry-After"] == "30"
    assert "outbox is full" in full.json["detail"]
    assert len(answered) >= 3

    async with running(outbox_limit=3) as client:

        async def accepted() -> bool:
            return (await post(client)).status == 201

        await eventually(accepted)
        requests = await topic_log.at_least(len(answered) + 1, INTAKE_REQUESTS)
    passed_on = [request.data.request_id for request in requests]
    assert passed_on[: len(answered)] == [response.json["request_id"] for response in answered]


async def test_with_a_full_disk_at_commit_the_answer_is_503_and_then_201_again(
    running: Running, database: Database
) -> None:
    connection = await asyncpg.connect(database.admin_dsn)
    await connection.execute(FULL_DISK)
    async with running() as client:
        full = await post(client, key="17")
        kept = await connection.fetchval("SELECT count(*) FROM intake.submissions")
        await connection.execute("DROP TRIGGER full_disk ON intake.outbox_waiting")
        after = await post(client, key="17")
    await connection.close()

    assert (full.status, full.headers["Retry-After"], kept) == (503, "2", 0)
    assert after.status == 201

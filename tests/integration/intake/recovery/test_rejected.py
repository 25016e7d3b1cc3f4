"""What intake rejected by mistake is handed in again and gets a new answer."""

import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import asyncpg
import pytest

from cli.dlq.rejected import RejectedReplay, ReplayOutcome
from services.intake.handlers import accept_submissions
from services.intake.policy import IntakePolicy
from services.intake.records.submissions import RawSubmission
from services.intake.store.submissions import PostgresSubmissions
from shared.contract.events import SubmissionAccepted, SubmissionRejected, encode
from shared.contract.topics import (
    CHANNEL_SUBMISSIONS,
    INTAKE_RECEIPTS,
    INTAKE_REQUESTS,
    INTAKE_RESUBMISSIONS,
)
from shared.runtime.clock import utc_now
from shared.runtime.postgres import Connection
from shared.runtime.recovery.replay import load_replay_log
from tests.integration.intake.conftest import Running
from tests.support.builders import handed_in
from tests.support.databases import Database
from tests.support.intake.http_client import plain, post
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration

NO_CITY_YET = IntakePolicy(cities={}, reporter_key=b"secret", public_url="https://311.example.org")


@pytest.fixture
async def db(database: Database) -> AsyncGenerator[Connection]:
    connection = await asyncpg.connect(database.admin_dsn)
    yield connection
    await connection.close()


async def reject(db: Connection, *arrivals: RawSubmission) -> None:
    async with db.transaction():
        await db.execute("SET LOCAL search_path = intake")
        await accept_submissions(arrivals, PostgresSubmissions(db), NO_CITY_YET, utc_now())


async def replay_rejected(db: Connection, code: str | None = None, **how: bool) -> ReplayOutcome:
    options: dict[str, Any] = {"again": False, "dry": False} | how
    lines: list[str] = []
    log = await load_replay_log(db, ["intake"])
    return await RejectedReplay(db, log, code, None, **options, on_due=lines.append).run()


def by_kafka(**changes: Any) -> RawSubmission:
    event = handed_in(plain(), source="/adapter", **changes)
    return RawSubmission(event, encode(event))


def by_http(key: str) -> RawSubmission:
    event = handed_in(plain(), source="/http/demo", id=key)
    return RawSubmission(event, json.dumps(plain()).encode())


async def test_after_the_catalogue_was_mended_they_are_accepted_once_under_the_same_id(
    running: Running, db: Connection, topic_log: TopicLog
) -> None:
    await reject(db, by_kafka(id="1"), by_http("2"))

    first = await replay_rejected(db, "unknown_jurisdiction")
    async with running() as client:
        receipts = await topic_log.at_least(2, INTAKE_RECEIPTS)
        second = await replay_rejected(db)
        asked_again = await post(client, plain(), key="2")
        requests = await topic_log.at_least(2, INTAKE_REQUESTS)

    assert (first, second) == (
        ReplayOutcome(2, 0, dry_run=False),
        ReplayOutcome(0, 0, dry_run=False),
    )
    assert all(isinstance(receipt, SubmissionAccepted) for receipt in receipts)
    assert {r.data.submission_id for r in receipts} == {"1", "2"}
    assert asked_again.status == 201
    [of_http] = [r for r in receipts if r.data.submission_id == "2"]
    assert asked_again.json["request_id"] == of_http.data.request_id
    assert len(requests) == 2


async def test_what_is_rejected_again_is_handed_in_a_third_time_only_when_asked(
    running: Running, db: Connection, topic_log: TopicLog
) -> None:
    event = handed_in(plain(service_code="NO-SUCH-KIND"), source="/adapter", id="1")
    await reject(db, RawSubmission(event, encode(event)))

    outcomes: Sequence[ReplayOutcome] = [await replay_rejected(db)]
    async with running():
        [receipt] = await topic_log.at_least(1, INTAKE_RECEIPTS)
        outcomes = [
            *outcomes,
            await replay_rejected(db),
            await replay_rejected(db, again=True, dry=True),
        ]

    assert isinstance(receipt, SubmissionRejected)
    assert [(one.sent, one.came_back) for one in outcomes] == [(1, 0), (0, 1), (1, 0)]
    assert len(await topic_log.at_least(1, INTAKE_RESUBMISSIONS)) == 1


async def test_another_reason_or_a_dry_run_changes_nothing(db: Connection) -> None:
    await reject(db, by_kafka(id="1"))

    assert (await replay_rejected(db, "missing_location")).sent == 0
    assert (await replay_rejected(db, dry=True)).sent == 1

    assert await db.fetchval("SELECT count(*) FROM intake.submissions") == 1
    assert await db.fetchval("SELECT count(*) FROM intake.outbox") == 0


async def test_an_answer_that_was_accepted_is_never_taken_back(
    running: Running, db: Connection, topic_log: TopicLog
) -> None:
    event = handed_in(plain(), source="/adapter", id="1")
    reused = handed_in(plain(description="Other words"), source="/adapter", id="1")
    async with running():
        for one in (event, reused):
            await topic_log.write(CHANNEL_SUBMISSIONS, "adapter", encode(one))
        await topic_log.at_least(2, INTAKE_RECEIPTS)

    assert await replay_rejected(db) == ReplayOutcome(0, 0, dry_run=False)
    assert await db.fetchval("SELECT count(*) FROM intake.submissions") == 2

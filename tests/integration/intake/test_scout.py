"""Urgent submissions behind a backlog: real topics, and a scout that looks ahead."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from services.intake.workers import Answered, Scout
from shared.contract.events import SubmissionReceived
from shared.contract.topics import (
    CHANNEL_SUBMISSIONS,
    INTAKE_RECEIPTS,
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
)
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.outgoing import Outgoing
from tests.integration.intake.conftest import Running
from tests.support.builders import handed_in
from tests.support.intake.http_client import plain
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

BACKLOG = 2_000
URGENT = plain(service_code="ROW-WIRE", description="Power line down and sparking")


async def queue(topic_log: TopicLog, at: int = BACKLOG) -> list[SubmissionReceived]:
    """Queue routine submissions with an urgent one after so many of them, all of one adapter."""
    submissions = [handed_in(plain(), id=f"routine-{n}", source="/adapter") for n in range(BACKLOG)]
    submissions.insert(at, handed_in(URGENT, id="urgent", source="/adapter"))
    await topic_log.send(
        [Outgoing.to_topic(CHANNEL_SUBMISSIONS.name, e.source, e) for e in submissions]
    )
    return submissions


@pytest.fixture
def release_reader(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Hold the reader at the batch after the one that shows it is behind, until this is set."""
    released = asyncio.Event()
    process = Consumer._process  # noqa: SLF001 - a consumer has no public step to hold

    async def wait_and_process(reader: Consumer[Any], *args: Any) -> None:
        if reader.pace.behind.is_set():
            await released.wait()
        await process(reader, *args)

    monkeypatch.setattr(Consumer, "_process", wait_and_process)
    return released


@pytest.mark.parametrize(
    "at_and_idle",
    [(BACKLOG, "_look_at_backlog"), (BACKLOG - 300, "_look_at_new")],
    ids=["a new one", "in the backlog"],
)
async def test_an_urgent_submission_is_accepted_before_the_backlog_ahead_of_it(
    running: Running,
    topic_log: TopicLog,
    monkeypatch: pytest.MonkeyPatch,
    release_reader: asyncio.Event,
    at_and_idle: tuple[int, str],
) -> None:
    """The newest do not wait for looks at the backlog, nor does it wait for new ones."""

    async def wait(*_: object) -> None:
        await asyncio.Event().wait()

    at, idle = at_and_idle
    monkeypatch.setattr(Scout, idle, wait)
    submissions = await queue(topic_log, at)

    async with running():
        await eventually(partial(_answered, topic_log, "urgent"))
        release_reader.set()
        receipts = await topic_log.at_least(BACKLOG + 1, INTAKE_RECEIPTS)

    accepted = [receipt.data.submission_id for receipt in receipts]
    assert len(accepted) == len(set(accepted)) == BACKLOG + 1
    await assert_each_once(topic_log, submissions)


async def test_after_a_restart_in_the_middle_nothing_is_lost_and_nothing_is_doubled(
    running: Running, topic_log: TopicLog, release_reader: asyncio.Event
) -> None:
    submissions = await queue(topic_log)

    async with running():
        await topic_log.at_least(1, INTAKE_REQUESTS_EXPRESS)
    begun = len(await topic_log.events(INTAKE_REQUESTS))
    release_reader.set()
    async with running():
        await topic_log.at_least(BACKLOG, INTAKE_REQUESTS)
        await eventually(partial(_answered, topic_log, "urgent"))

    assert begun < BACKLOG
    await assert_each_once(topic_log, submissions)


@pytest.mark.parametrize(
    "dies_in", [(Scout, "_accept"), (Answered, "add")], ids=["before its commit", "after it"]
)
async def test_the_reader_accepts_what_a_dying_scout_leaves(
    running: Running,
    topic_log: TopicLog,
    monkeypatch: pytest.MonkeyPatch,
    release_reader: asyncio.Event,
    dies_in: tuple[type, str],
) -> None:
    deaths = 0

    def die(*_: object) -> None:
        nonlocal deaths
        deaths += 1
        raise RuntimeError("the scout dies")

    async def has_died() -> bool:
        return deaths > 0

    monkeypatch.setattr(*dies_in, die)
    submissions = await queue(topic_log)

    async with running():
        await eventually(has_died)
        release_reader.set()
        await topic_log.at_least(BACKLOG + 1, INTAKE_RECEIPTS)
        await topic_log.at_least(BACKLOG, INTAKE_REQUESTS)

    await assert_each_once(topic_log, submissions)


async def _answered(topic_log: TopicLog, submission: str) -> bool:
    receipts = await topic_log.events(INTAKE_RECEIPTS)
    return submission in {receipt.data.submission_id for receipt in receipts}


async def assert_each_once(topic_log: TopicLog, submissions: Sequence[SubmissionReceived]) -> None:
    """Assert one request for each submission, and receipts that are equal byte by byte."""
    requests = [
        *await topic_log.events(INTAKE_REQUESTS),
        *await topic_log.events(INTAKE_REQUESTS_EXPRESS),
    ]
    assert Counter(r.causationid for r in requests) == Counter(s.id for s in submissions)
    receipts = {r.data.submission_id for r in await topic_log.events(INTAKE_RECEIPTS)}
    assert receipts == {s.id for s in submissions}
    assert len(set(await topic_log.values(INTAKE_RECEIPTS))) == len(submissions)

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from typing_extensions import override

from services.intake.acceptance import TARGET_BATCH_S, AdaptiveBatchSize, SubmissionBatcher
from services.intake.policy import Prefetch
from services.intake.records.submissions import RawSubmission, Receipt
from shared.contract.events import SubmissionReceived
from shared.errors import DatabaseBusyError, DatabaseDownError
from shared.runtime.http.deadline import DeadlineExceededError
from tests.support.intake.factories import raw_submission
from tests.support.waiting import eventually


def receipt_of(one: RawSubmission) -> Receipt:
    return Receipt(one.envelope.id, b"")


class Acceptor:
    """Answers submissions, and remembers which it had at once."""

    def __init__(self, *errors: Exception) -> None:
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.poisoned: set[str] = set()
        self._errors = list(errors)

    async def accept(self, submissions: Sequence[RawSubmission]) -> Sequence[Receipt]:
        self.batches.append([raw.envelope.id for raw in submissions])
        await self.open.wait()
        if self._errors:
            raise self._errors.pop(0)
        if self.poisoned & set(self.batches[-1]):
            raise ValueError("poison")
        return [receipt_of(one) for one in submissions]


async def begun(group: asyncio.TaskGroup, call: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Start a call; return once it waits for something."""
    waits = asyncio.Event()

    async def begin() -> Any:
        waits.set()
        return await call

    task = group.create_task(begin())
    await waits.wait()
    return task


class FixedBatchSize(AdaptiveBatchSize):
    """One that a slow moment of the machine does not change."""

    @override
    def record(self, answered: int, took_s: float) -> None:
        pass


async def nothing_to_fetch(_: Iterable[SubmissionReceived]) -> None:
    pass


@asynccontextmanager
async def running(
    acceptor: Acceptor,
    batch_size: AdaptiveBatchSize | None = None,
    prefetch: Prefetch = nothing_to_fetch,
) -> AsyncGenerator[SubmissionBatcher]:
    batcher = SubmissionBatcher(acceptor.accept, batch_size or AdaptiveBatchSize(), prefetch)
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        await begun(group, batcher.run(stopping))
        yield batcher
        acceptor.open.set()
        stopping.set()


async def batches(acceptor: Acceptor, count: int) -> None:
    async def enough() -> bool:
        return len(acceptor.batches) >= count

    await eventually(enough)


async def test_a_caller_gets_the_answer_to_what_they_handed_over() -> None:
    one = raw_submission()
    async with running(Acceptor()) as batcher:
        assert await batcher.submit(one) == [receipt_of(one)]


async def test_who_comes_while_it_is_busy_is_answered_together() -> None:
    acceptor = Acceptor()
    acceptor.open.clear()
    async with running(acceptor) as batcher, asyncio.TaskGroup() as group:
        await begun(group, batcher.submit(raw_submission()))
        await batches(acceptor, 1)
        for _ in range(4):
            await begun(group, batcher.submit(raw_submission()))
        acceptor.open.set()

    assert [len(batch) for batch in acceptor.batches] == [1, 4]


async def test_no_batch_is_larger_than_the_most_at_once() -> None:
    acceptor, batch_size = Acceptor(), FixedBatchSize()
    most = batch_size.batch_size
    acceptor.open.clear()
    async with running(acceptor, batch_size) as batcher, asyncio.TaskGroup() as group:
        await begun(group, batcher.submit(raw_submission()))
        await batches(acceptor, 1)
        for _ in range(most + 1):
            await begun(group, batcher.submit(raw_submission()))
        acceptor.open.set()

    assert [len(batch) for batch in acceptor.batches] == [1, most, 1]


async def test_one_submission_that_fails_fails_alone() -> None:
    acceptor = Acceptor()
    acceptor.open.clear()
    good, bad = raw_submission(), raw_submission()
    acceptor.poisoned.add(bad.envelope.id)

    async def failed(batcher: SubmissionBatcher) -> None:
        with pytest.raises(ValueError, match="poison"):
            await batcher.submit(bad)

    async with running(acceptor) as batcher, asyncio.TaskGroup() as group:
        await begun(group, batcher.submit(raw_submission()))
        await batches(acceptor, 1)
        answered = await begun(group, batcher.submit(good))
        await begun(group, failed(batcher))
        acceptor.open.set()

    assert answered.result() == [receipt_of(good)]
    assert [len(batch) for batch in acceptor.batches] == [1, 2, 1, 1]


async def test_a_busy_database_is_asked_again() -> None:
    acceptor = Acceptor(DatabaseBusyError("once"), DatabaseBusyError("twice"))
    one = raw_submission()
    async with running(acceptor) as batcher:
        assert await batcher.submit(one) == [receipt_of(one)]

    assert len(acceptor.batches) == 3


async def test_a_database_that_stays_busy_is_an_error() -> None:
    async with running(Acceptor(*[DatabaseBusyError("always")] * 5)) as batcher:
        with pytest.raises(DatabaseBusyError):
            await batcher.submit(raw_submission())


async def test_with_the_database_down_everybody_hears_of_it_and_the_next_may_succeed() -> None:
    acceptor = Acceptor(DatabaseDownError("away"))
    one = raw_submission()
    async with running(acceptor) as batcher:
        with pytest.raises(DatabaseDownError):
            await batcher.submit(raw_submission())
        assert await batcher.submit(one) == [receipt_of(one)]

    assert len(acceptor.batches) == 2


async def test_a_database_that_is_down_is_not_asked_again_for_each_caller() -> None:
    acceptor = Acceptor(DatabaseDownError("away"), DatabaseDownError("away"))
    acceptor.open.clear()

    async def rejected(batcher: SubmissionBatcher) -> None:
        with pytest.raises(DatabaseDownError):
            await batcher.submit(raw_submission())

    async with running(acceptor) as batcher, asyncio.TaskGroup() as group:
        await begun(group, rejected(batcher))
        await batches(acceptor, 1)
        for _ in range(3):
            await begun(group, rejected(batcher))
        acceptor.open.set()

    assert [len(batch) for batch in acceptor.batches] == [1, 3]


async def test_who_gave_up_before_their_turn_is_left_out() -> None:
    acceptor = Acceptor()
    acceptor.open.clear()
    patient = raw_submission()
    async with running(acceptor) as batcher, asyncio.TaskGroup() as group:
        await begun(group, batcher.submit(raw_submission()))
        await batches(acceptor, 1)
        impatient = await begun(group, batcher.submit(raw_submission()))
        impatient.cancel()
        await begun(group, batcher.submit(patient))
        acceptor.open.set()

    assert acceptor.batches[1] == [patient.envelope.id]


async def test_who_gave_up_during_their_turn_disturbs_nobody() -> None:
    acceptor = Acceptor()
    acceptor.open.clear()
    one = raw_submission()
    async with running(acceptor) as batcher, asyncio.TaskGroup() as group:
        impatient = await begun(group, batcher.submit(raw_submission()))
        await batches(acceptor, 1)
        impatient.cancel()
        acceptor.open.set()
        assert await batcher.submit(one) == [receipt_of(one)]


async def test_what_one_submission_waits_for_before_its_batch_holds_up_nobody_else() -> None:
    slow, quick, answered = raw_submission(), raw_submission(), asyncio.Event()

    async def prefetch(submissions: Iterable[SubmissionReceived]) -> None:
        if slow.envelope in submissions:
            await answered.wait()

    acceptor = Acceptor()
    async with running(acceptor, prefetch=prefetch) as batcher, asyncio.TaskGroup() as group:
        await begun(group, batcher.submit(slow))
        await begun(group, batcher.submit(slow))
        assert await batcher.submit(quick) == [receipt_of(quick)]
        before = list(acceptor.batches)
        answered.set()

    assert before == [[quick.envelope.id]]
    assert [len(batch) for batch in acceptor.batches] == [1, 2]


async def test_each_batch_tells_the_pace_how_long_it_took() -> None:
    acceptor = Acceptor()
    async with running(acceptor) as batcher:
        before = batcher.batch_size.batch_size
        acceptor.open.clear()
        async with asyncio.TaskGroup() as group:
            await begun(group, batcher.submit(raw_submission()))
            await batches(acceptor, 1)
            await asyncio.to_thread(time.sleep, TARGET_BATCH_S * 1.1)
            acceptor.open.set()

    assert batcher.batch_size.batch_size < before


async def test_before_the_start_and_after_the_end_nobody_is_taken() -> None:
    batcher = SubmissionBatcher(Acceptor().accept)
    with pytest.raises(DeadlineExceededError):
        await batcher.submit(raw_submission())

    async with running(Acceptor()) as batcher:
        pass
    with pytest.raises(DeadlineExceededError):
        await batcher.submit(raw_submission())


async def test_who_waits_when_the_service_stops_is_still_answered() -> None:
    acceptor = Acceptor()
    acceptor.open.clear()
    one = raw_submission()
    async with asyncio.TaskGroup() as group, running(acceptor) as batcher:
        await begun(group, batcher.submit(raw_submission()))
        await batches(acceptor, 1)
        waiting = await begun(group, batcher.submit(one))

    assert waiting.result() == [receipt_of(one)]

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from typing_extensions import override

from services.intake.handlers import RawSubmission
from services.intake.http.admission import LONGEST_BATCH_S, AdaptiveBatchSize
from services.intake.http.batching import SubmissionBatcher
from services.intake.http.deadline import DeadlineExceededError
from services.intake.outbound import Receipt
from shared.errors import DatabaseBusyError, DatabaseDownError
from tests.unit.intake.factories import arrival
from tests.waiting import eventually


def receipt_of(one: RawSubmission) -> Receipt:
    return Receipt(one.handed_in.id, b"")


class Desk:
    """Answers submissions, and remembers which it had at once."""

    def __init__(self, *troubles: Exception) -> None:
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.poisoned: set[str] = set()
        self._troubles = list(troubles)

    async def take_in(self, arrivals: Sequence[RawSubmission]) -> Sequence[Receipt]:
        self.batches.append([one.handed_in.id for one in arrivals])
        await self.open.wait()
        if self._troubles:
            raise self._troubles.pop(0)
        if self.poisoned & set(self.batches[-1]):
            raise ValueError("poison")
        return [receipt_of(one) for one in arrivals]


async def begun(group: asyncio.TaskGroup, call: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Start a call; return once it waits for something."""
    waits = asyncio.Event()

    async def begin() -> Any:
        waits.set()
        return await call

    task = group.create_task(begin())
    await waits.wait()
    return task


class SteadyPace(AdaptiveBatchSize):
    """One that a slow moment of the machine does not change."""

    @override
    def record(self, answered: int, took_s: float) -> None:
        pass


@asynccontextmanager
async def running(
    desk: Desk, pace: AdaptiveBatchSize | None = None
) -> AsyncGenerator[SubmissionBatcher]:
    gathering = SubmissionBatcher(desk.take_in, pace or AdaptiveBatchSize())
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        await begun(group, gathering.run(stopping))
        yield gathering
        desk.open.set()
        stopping.set()


async def batches(desk: Desk, count: int) -> None:
    async def enough() -> bool:
        return len(desk.batches) >= count

    await eventually(enough)


async def test_a_caller_gets_the_answer_to_what_they_handed_over() -> None:
    one = arrival()
    async with running(Desk()) as gathering:
        assert await gathering.submit(one) == receipt_of(one)


async def test_who_comes_while_it_is_busy_is_answered_together() -> None:
    desk = Desk()
    desk.open.clear()
    async with running(desk) as gathering, asyncio.TaskGroup() as group:
        await begun(group, gathering.submit(arrival()))
        await batches(desk, 1)
        for _ in range(4):
            await begun(group, gathering.submit(arrival()))
        desk.open.set()

    assert [len(batch) for batch in desk.batches] == [1, 4]


async def test_no_batch_is_larger_than_the_most_at_once() -> None:
    desk, pace = Desk(), SteadyPace()
    most = pace.batch_size
    desk.open.clear()
    async with running(desk, pace) as gathering, asyncio.TaskGroup() as group:
        await begun(group, gathering.submit(arrival()))
        await batches(desk, 1)
        for _ in range(most + 1):
            await begun(group, gathering.submit(arrival()))
        desk.open.set()

    assert [len(batch) for batch in desk.batches] == [1, most, 1]


async def test_one_submission_that_fails_fails_alone() -> None:
    desk = Desk()
    desk.open.clear()
    good, bad = arrival(), arrival()
    desk.poisoned.add(bad.handed_in.id)

    async def failed(gathering: SubmissionBatcher) -> None:
        with pytest.raises(ValueError, match="poison"):
            await gathering.submit(bad)

    async with running(desk) as gathering, asyncio.TaskGroup() as group:
        await begun(group, gathering.submit(arrival()))
        await batches(desk, 1)
        answered = await begun(group, gathering.submit(good))
        await begun(group, failed(gathering))
        desk.open.set()

    assert answered.result() == receipt_of(good)
    assert [len(batch) for batch in desk.batches] == [1, 2, 1, 1]


async def test_a_busy_database_is_asked_again() -> None:
    desk = Desk(DatabaseBusyError("once"), DatabaseBusyError("twice"))
    one = arrival()
    async with running(desk) as gathering:
        assert await gathering.submit(one) == receipt_of(one)

    assert len(desk.batches) == 3


async def test_a_database_that_stays_busy_is_an_error() -> None:
    async with running(Desk(*[DatabaseBusyError("always")] * 5)) as gathering:
        with pytest.raises(DatabaseBusyError):
            await gathering.submit(arrival())


async def test_with_the_database_down_everybody_hears_of_it_and_the_next_may_succeed() -> None:
    desk = Desk(DatabaseDownError("away"))
    one = arrival()
    async with running(desk) as gathering:
        with pytest.raises(DatabaseDownError):
            await gathering.submit(arrival())
        assert await gathering.submit(one) == receipt_of(one)

    assert len(desk.batches) == 2


async def test_a_database_that_is_down_is_not_asked_again_for_each_caller() -> None:
    desk = Desk(DatabaseDownError("away"), DatabaseDownError("away"))
    desk.open.clear()

    async def turned_away(gathering: SubmissionBatcher) -> None:
        with pytest.raises(DatabaseDownError):
            await gathering.submit(arrival())

    async with running(desk) as gathering, asyncio.TaskGroup() as group:
        await begun(group, turned_away(gathering))
        await batches(desk, 1)
        for _ in range(3):
            await begun(group, turned_away(gathering))
        desk.open.set()

    assert [len(batch) for batch in desk.batches] == [1, 3]


async def test_who_gave_up_before_their_turn_is_left_out() -> None:
    desk = Desk()
    desk.open.clear()
    patient = arrival()
    async with running(desk) as gathering, asyncio.TaskGroup() as group:
        await begun(group, gathering.submit(arrival()))
        await batches(desk, 1)
        impatient = await begun(group, gathering.submit(arrival()))
        impatient.cancel()
        await begun(group, gathering.submit(patient))
        desk.open.set()

    assert desk.batches[1] == [patient.handed_in.id]


async def test_who_gave_up_during_their_turn_disturbs_nobody() -> None:
    desk = Desk()
    desk.open.clear()
    one = arrival()
    async with running(desk) as gathering, asyncio.TaskGroup() as group:
        impatient = await begun(group, gathering.submit(arrival()))
        await batches(desk, 1)
        impatient.cancel()
        desk.open.set()
        assert await gathering.submit(one) == receipt_of(one)


async def test_each_batch_tells_the_pace_how_long_it_took() -> None:
    desk = Desk()
    async with running(desk) as gathering:
        before = gathering.batch_size.batch_size
        desk.open.clear()
        async with asyncio.TaskGroup() as group:
            await begun(group, gathering.submit(arrival()))
            await batches(desk, 1)
            await asyncio.to_thread(time.sleep, LONGEST_BATCH_S * 1.1)
            desk.open.set()

    assert gathering.batch_size.batch_size < before


async def test_before_the_start_and_after_the_end_nobody_is_taken() -> None:
    gathering = SubmissionBatcher(Desk().take_in)
    with pytest.raises(DeadlineExceededError):
        await gathering.submit(arrival())

    async with running(Desk()) as gathering:
        pass
    with pytest.raises(DeadlineExceededError):
        await gathering.submit(arrival())


async def test_who_waits_when_the_service_stops_is_still_answered() -> None:
    desk = Desk()
    desk.open.clear()
    one = arrival()
    async with asyncio.TaskGroup() as group, running(desk) as gathering:
        await begun(group, gathering.submit(arrival()))
        await batches(desk, 1)
        waiting = await begun(group, gathering.submit(one))

    assert waiting.result() == receipt_of(one)

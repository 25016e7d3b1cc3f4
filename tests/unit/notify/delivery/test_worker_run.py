import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from typing_extensions import override

from services.notify.delivery.worker import DeliveryUpdate
from services.notify.records import ClaimedDelivery
from shared.errors import DatabaseDownError
from shared.runtime.smtp import SendOutcome
from tests.support.notify.deliveries import DeliveryHarness, report
from tests.support.notify.fakes import InMemoryNotify
from tests.support.waiting import eventually


class FlakyStore(InMemoryNotify):
    """A store whose first call of each method fails."""

    def __init__(self) -> None:
        super().__init__()
        self._failed_once: set[str] = set()

    @override
    async def record(self, updates: Sequence[DeliveryUpdate]) -> None:
        self._fail_first("settle")
        await super().record(updates)

    @override
    async def claim(
        self, limit: int, now: datetime, lease_until: datetime
    ) -> Sequence[ClaimedDelivery]:
        self._fail_first("claim")
        return await super().claim(limit, now, lease_until)

    def _fail_first(self, call: str) -> None:
        if call not in self._failed_once:
            self._failed_once.add(call)
            raise DatabaseDownError("away")


async def running(harness: DeliveryHarness, until: Callable[[], bool]) -> None:
    stopping = asyncio.Event()

    async def reached() -> bool:
        return until()

    async with asyncio.TaskGroup() as group:
        group.create_task(harness.worker.run(stopping))
        await eventually(reached)
        stopping.set()


async def test_a_database_that_is_away_delays_a_message_and_doubles_none(
    harness: DeliveryHarness,
) -> None:
    harness.store = FlakyStore()
    await harness.receive(report())

    await running(harness, lambda: harness.states == ["sent"])

    assert len(harness.mails) == len(harness.store.published) == 1


async def test_it_sends_until_asked_to_stop(harness: DeliveryHarness) -> None:
    for n in range(5):
        await harness.receive(report(f"p{n}@example.org"))

    await running(harness, lambda: harness.states == ["sent"] * 5)

    assert len(harness.mails) == 5


async def test_it_goes_on_by_itself_when_the_server_is_back(harness: DeliveryHarness) -> None:
    await harness.receive(report())
    harness.mailers[0].outcomes = [SendOutcome("unreachable", "sender_lost")] * 2

    await running(harness, lambda: harness.states == ["sent"])

    assert len(harness.mails) == 1

"""The share of the requests in flight that one adapter may have, as an HTTP client sees it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest

from services.intake.channels.api.operations import NOTES_PATH, SUBMISSIONS_PATH
from services.intake.records.submissions import RawSubmission, Receipt
from shared.errors import DatabaseDownError
from tests.unit.runtime.http.serving import ADAPTER, Intake, Response, post

SECOND, OTHER = {"Authorization": "Bearer second"}, {"Authorization": "Bearer other"}


@dataclass
class Slow:
    """An intake with two places, whose calls are in flight until the database has failed."""

    failed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.intake = Intake(by_key=100, slots=2, share=0.5, accept=self.accept)

    async def accept(self, _: Sequence[RawSubmission]) -> Sequence[Receipt]:
        await self.failed.wait()
        raise DatabaseDownError("away")

    @asynccontextmanager
    async def running(self, *, gated: bool) -> AsyncGenerator[aiohttp.ClientSession]:
        stopping = asyncio.Event()
        async with self.intake.running(gated=gated) as client, asyncio.TaskGroup() as group:
            group.create_task(self.intake.batcher.run(stopping))
            yield client
            stopping.set()

    async def in_flight(
        self, client: aiohttp.ClientSession, key: dict[str, str]
    ) -> asyncio.Task[Response]:
        """Begin a call; return once it was let in or refused."""
        self.intake.admission.called.clear()
        call = asyncio.create_task(post(client, **key))
        await self.intake.admission.called.wait()
        return call


@pytest.mark.parametrize("gated", [True, False])
async def test_a_key_with_its_share_in_flight_gets_429_and_another_key_is_let_in(
    gated: bool,
) -> None:
    slow = Slow()
    async with slow.running(gated=gated) as client:
        held = await slow.in_flight(client, ADAPTER)
        refused = [await post(client, **key) for key in (ADAPTER, SECOND)]
        other = await slow.in_flight(client, OTHER)
        slow.failed.set()
        let_in = [await held, await other, await post(client, **ADAPTER)]

    assert [response.status for response in refused] == [429, 429]
    assert refused[0].headers["Retry-After"] == "1"
    assert refused[0].problem["code"] == "over_rate"
    assert "concurrent calls" in refused[0].problem["detail"]
    assert ["Idempotency-Key" in response.problem["detail"] for response in let_in] == [True] * 3
    assert slow.intake.left() == 97


@pytest.mark.parametrize(
    "path", [SUBMISSIONS_PATH, NOTES_PATH.format(tracking_number="26-7KQ4-M2")]
)
async def test_the_place_that_a_known_key_took_at_the_gate_is_its_own_to_give_back(
    path: str,
) -> None:
    slow = Slow()
    slow.failed.set()
    async with slow.running(gated=True) as client:
        responses = [await post(client, path, **key) for key in (ADAPTER, OTHER) * 3]

    assert [response.status for response in responses] == [503] * 6
    assert slow.intake.left() == 94

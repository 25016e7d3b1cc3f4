"""Dispatch killed while it forwards work orders to another city's Open311 endpoint."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from random import Random

import aiohttp
import asyncpg
import pytest

from shared.runtime.http.api_keys import store_keys
from tests.faults.altered.forwarding import BUREAU, KEY
from tests.faults.conftest import NewRouter
from tests.faults.kit.members import Member
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived
from tests.faults.test_crashes import kill_and_wait_for_restart
from tests.support.dispatch.other_city import CITY, Fault, OtherCity, other_city
from tests.support.waiting import eventually
from workbench.check.run import check

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(600),
]

TIMES = 10
API_KEY = "the key of dispatch at the other city"
FAULTS: Sequence[Fault] = ("cut_after", "unavailable", "none")
TAKEN_WITHIN_S = 60
SETTLED_WITHIN_S = 180
SENT = """
    SELECT work_order_id::text FROM dispatch.forwards WHERE state IN ('sent', 'done')
"""
WAITING = "SELECT count(*) FROM dispatch.forwards WHERE state = 'pending'"
PARKED = "SELECT count(*) FROM dispatch.forwards WHERE state = 'parked'"
ARRIVED = "SELECT count(*) FROM intake.requests WHERE jurisdiction = $1"
STATUSES = """
    SELECT count(*) FROM dispatch.updates
     WHERE source = $1 GROUP BY work_order_id, parsed->>'status'
"""


@asynccontextmanager
async def forwarding(router: RouterUnderTest) -> AsyncGenerator[OtherCity]:
    """Let a second member of dispatch forward to the router itself, as another city."""
    async with aiohttp.ClientSession(router.intakes[0]) as client, other_city(client) as city:
        module = ("tests.faults.altered.forwarding", city.endpoint)
        await store_keys(router.admin_dsn, "intake", [("dispatch", "adapter", API_KEY)])
        await router.add(Member("dispatch", 2, module, {KEY: API_KEY}))
        yield city


async def test_t38_dispatch_is_killed_while_it_forwards(new_router: NewRouter, seed: int) -> None:
    in_a_call = 0
    async with new_router() as router, forwarding(router) as city:

        async def inject(trial: Trial) -> None:
            nonlocal in_a_call
            random = Random(trial.seed)
            for number in range(TIMES):
                if number % 2:
                    city.took.clear()
                    city.faults.appendleft("silent_after")
                    async with asyncio.timeout(TAKEN_WITHIN_S):
                        await city.took.wait()
                    in_a_call += 1
                else:
                    city.faults.extend(random.choices(FAULTS, k=2))
                await trial.run_traffic(random.uniform(0.2, 1.5))
                await kill_and_wait_for_restart(router.members["dispatch-2"])
            city.faults.clear()
            city.is_open = False  # nothing is submitted while the invariants are checked

        def observe(_: Trial) -> str:
            took = len(city.descriptions)
            return f"{took} forwarded, {in_a_call} kills in a call that had arrived"

        what = f"kill -9 dispatch while it forwards, {TIMES} times"
        scenario = Scenario("T38", what, inject, observe, rate=15)
        assert_survived(await run_trial(router, scenario, seed))
        city.is_open = True
        db = await asyncpg.connect(router.admin_dsn)

        async def nothing_waits() -> bool:
            return not await db.fetchval(WAITING)

        await eventually(nothing_waits, SETTLED_WITHIN_S)
        city.is_open = False
        sent = {row["work_order_id"] for row in await db.fetch(SENT)}
        report = await check(router.access, router.admin_dsn, settle_s=SETTLED_WITHIN_S)

        assert report.holds, [one for one in report.invariants if not one.holds]
        for id_ in sent:
            assert sum(f"Reference: {id_}" in text for text in city.descriptions) == 1, id_
        assert await db.fetchval(ARRIVED, CITY) == len(city.descriptions) == len(sent)
        assert not await db.fetchval(PARKED)
        statuses = [row["count"] for row in await db.fetch(STATUSES, f"/open311/{BUREAU}")]
        assert set(statuses) == {1}
        await db.close()

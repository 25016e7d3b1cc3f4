"""The console: it, dispatch and PostgreSQL are killed under people's hands, and two act at once."""

import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.faults.kit.members import kill
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.staff import Staff, console_member
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived
from tests.faults.test_crashes import kill_and_wait_for_restart
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]

PEOPLE = 10
TIMES = 3
PAIRS = 200
NOTE = re.compile(r"Note \d+ of the crew\.")
REPORT = {
    "jurisdiction": "portland.gov",
    "channel": "app",
    "service_code": "ROW-POTHOLE",
    "description": "A pothole as wide as a wheel",
    "location": {"latitude": 45.5701, "longitude": -122.6402, "accuracy_m": 5},
}


@pytest_asyncio.fixture(loop_scope="session")
async def staff(router: RouterUnderTest, seed: int) -> Staff:
    """Staff of the shared router, which has a console from now on."""
    if "console" not in router.members:
        await router.add(console_member(router))
    return Staff(router, Random(seed))


@asynccontextmanager
async def api_of(router: RouterUnderTest) -> AsyncGenerator[aiohttp.ClientSession]:
    key = {"Authorization": f"Bearer {router.keys.operator}"}
    address = f"http://{router.members['dispatch'].program.address}"
    async with aiohttp.ClientSession(address, headers=key) as api:
        yield api


async def histories(router: RouterUnderTest, cases: Collection[str]) -> list[Mapping[str, Any]]:
    """Return all entries of these cases' histories."""
    entries: list[Mapping[str, Any]] = []
    async with api_of(router) as api:
        for case_id in cases:
            async with api.get(f"/v1/cases/{case_id}") as answer:
                entries += (await answer.json())["history"]
    return entries


async def new_case(router: RouterUnderTest) -> str:
    """Submit a report; return the id of its case."""
    key = {"Authorization": f"Bearer {router.keys.adapters['demo']}"}
    async with (
        aiohttp.ClientSession(router.intakes[0], headers=key) as intake,
        intake.post("/v1/submissions", json=REPORT) as accepted,
    ):
        number = (await accepted.json())["tracking_number"]
    async with api_of(router) as api:

        async def found() -> str | None:
            async with api.get("/v1/cases", params={"q": number}) as answer:
                cases = (await answer.json())["cases"] if answer.status == 200 else []
            return cases[0]["case_id"] if cases else None

        case_id = await eventually(found)
    assert case_id
    return case_id


async def test_t43_people_work_while_console_dispatch_and_postgresql_are_killed(
    router: RouterUnderTest, staff: Staff, seed: int
) -> None:
    async def inject(trial: Trial) -> None:
        async with staff.at_work(PEOPLE):
            for _ in range(TIMES):
                for name in ("dispatch", "console"):
                    await trial.run_traffic(staff.random.uniform(1, 3))
                    await kill_and_wait_for_restart(router.members[name])
                await trial.run_traffic(staff.random.uniform(1, 3))
                await kill(router.postgres)
                await trial.run_traffic(2)
                await router.postgres.start()
            trial.mark_fault_over()
            over_at = time.monotonic()

            async def page_is_live_again() -> bool:
                return bool(staff.seen) and staff.seen[-1] > over_at

            await eventually(page_is_live_again, within_s=30)
            await trial.run_traffic(3)

    def observe(_: Trial) -> str:
        again = staff.tries.total() - len(staff.told)
        return f"{len(staff.done)} notes, {again} sent again" if staff.offered else ""

    scenario = Scenario("T43", "kill -9 console, dispatch, PostgreSQL at work", inject, observe)
    assert_survived(await run_trial(router, scenario, seed))
    assert {status for _, status in staff.told.values()} <= {303, 409}
    entries = await histories(router, {case_id for case_id, _ in staff.told.values()})
    kept = Counter(words for entry in entries for words in NOTE.findall(entry["text"] or ""))
    assert [words for words in staff.done if kept[words] != 1] == []
    assert [words for words in staff.told if words not in staff.done and kept[words]] == []


async def test_t44_of_two_who_act_on_a_case_at_once_one_wins_and_the_other_sees_who(
    router: RouterUnderTest, staff: Staff
) -> None:
    case_id = await new_case(router)
    async with staff.pair() as race:
        for number in range(PAIRS):
            names = f"left-{number}", f"right-{number}"
            answers = await race(case_id, *names)
            (winner, (done, _)), (_, (refused, page)) = sorted(
                zip(names, answers, strict=True), key=lambda one: one[1][0]
            )
            assert (done, refused) == (303, 409)
            assert winner in page.partition("data-meanwhile")[2].partition("</ol>")[0]
    entries = await histories(router, [case_id])
    assert len([one for one in entries if "assigned" in one["what"]]) == PAIRS

"""Clock skew between services, and steps of their clocks."""

import os
import signal

import asyncpg
import pytest

from tests.faults.conftest import NewRouter
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]


async def test_t21_two_services_have_clocks_two_hours_ahead_and_behind(
    new_router: NewRouter, seed: int
) -> None:
    altered = {
        "triage": ("tests.faults.altered.clock", "triage", "-7200"),
        "dispatch": ("tests.faults.altered.clock", "dispatch", "7200"),
    }
    async with new_router(altered=altered) as router:

        async def inject(trial: Trial) -> None:
            await trial.run_traffic(15)

        def observe(trial: Trial) -> str:
            hours = trial.bureaus.ahead_s / 3600
            return f"work dated {hours:.1f} h ahead" if hours > 1 else ""

        assert_survived(
            await run_trial(router, Scenario("T21", "clocks 2 h off", inject, observe), seed)
        )


SERVICES = ("intake", "triage", "dispatch", "notify")
STEPS = {"a day back": 86_400, "a day forth": -86_400}
_STALLED = """
    SELECT (SELECT count(*) FROM notify.deliveries
             WHERE state IN ('pending', 'sending') AND not_before > now() + interval '10 minutes')
         + (SELECT count(*) FROM dispatch.webhook_deliveries
             WHERE state = 'pending' AND due_at > now() + interval '10 minutes')
"""


@pytest.mark.parametrize("step", STEPS)
async def test_t21_clocks_are_set_right_in_the_middle_of_the_traffic(
    new_router: NewRouter, seed: int, step: str
) -> None:
    altered = {name: ("tests.faults.altered.clock", name, str(STEPS[step])) for name in SERVICES}
    wrong_s: list[float] = []
    async with new_router(altered=altered) as router:

        async def inject(trial: Trial) -> None:
            await trial.run_traffic(10)
            wrong_s.append(trial.bureaus.ahead_s)
            for name in SERVICES:
                pid = router.members[name].pid
                assert pid
                os.kill(pid, signal.SIGUSR1)
            await trial.run_traffic(5)

        def observe(trial: Trial) -> str:
            hours = abs(wrong_s[0] - trial.bureaus.ahead_s) / 3600
            return f"work dated {hours:.1f} h off" if hours > 1 else ""

        verdict = await run_trial(
            router, Scenario("T21", f"clocks step {step}", inject, observe), seed
        )
        db = await asyncpg.connect(router.admin_dsn)
        stalled = await db.fetchval(_STALLED)
        await db.close()
        assert_survived(verdict)
        assert stalled == 0

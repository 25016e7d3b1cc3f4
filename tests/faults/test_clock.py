"""Clock skew between services."""

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

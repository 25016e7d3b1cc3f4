"""Services whose clocks are wrong."""

import pytest

from tests.faults.conftest import NewCity
from tests.faults.kit.trial import Scenario, Trial, endure
from tests.faults.kit.verdicts import stands

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]


async def test_t21_two_services_have_clocks_two_hours_ahead_and_behind(
    new_city: NewCity, seed: int
) -> None:
    altered = {
        "triage": ("tests.faults.altered.clock", "triage", "-7200"),
        "dispatch": ("tests.faults.altered.clock", "dispatch", "7200"),
    }
    async with new_city(altered=altered) as city:

        async def harm(trial: Trial) -> None:
            await trial.traffic(15)

        def seen(trial: Trial) -> str:
            hours = trial.bureaus.ahead_s / 3600
            return f"work dated {hours:.1f} h ahead" if hours > 1 else ""

        stands(await endure(city, Scenario("T21", "clocks 2 h off", harm, seen), seed))

"""T47: one of three brokers is lost, then the database's primary, at 200 reports a second."""

import pytest

from tests.faults.conftest import NewRouter
from tests.faults.kit.members import kill
from tests.faults.kit.standby import fail_over, synchronous_standby
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]

LONGEST_PAUSE_S = 15.0


async def test_t47_a_broker_and_then_the_primary_are_lost(new_router: NewRouter, seed: int) -> None:
    async with new_router(brokers=3) as router, synchronous_standby(router) as standby:
        pauses: list[float] = []

        async def inject(trial: Trial) -> None:
            await kill(router.brokers[1])
            trial.mark_fault_over()
            pauses.append(await trial.wait_for_flow())
            await trial.run_traffic(5)
            await fail_over(router, standby)
            trial.mark_fault_over()
            pauses.append(await trial.wait_for_flow())
            await router.brokers[1].start()

        def observe(trial: Trial) -> str:
            is_lost = router.postgres is standby and trial.reconnects
            return " ".join(f"{pause:.1f} s" for pause in pauses) if is_lost else ""

        what = "a broker of 3, then the primary"
        scenario = Scenario("T47", what, inject, observe, rate=200)
        assert_survived(await run_trial(router, scenario, seed))
        assert max(pauses) < LONGEST_PAUSE_S, pauses

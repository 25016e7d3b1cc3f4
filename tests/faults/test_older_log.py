"""A broker restored with an older log, whose tail is lost."""

import json
import shutil
from datetime import timedelta

import pytest

from shared.runtime.clock import utc_now
from tests.faults.conftest import NewRouter
from tests.faults.kit.members import kill
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]


async def test_t05_an_older_log_is_refilled_from_the_outboxes(
    new_router: NewRouter, seed: int
) -> None:
    async with new_router() as router:
        data = router.site.folder.path / "kafka" / "data"
        refilled: dict[str, dict[str, int]] = {}
        older = router.site.folder.path / "kafka" / "older"

        async def inject(trial: Trial) -> None:
            a_while_ago = utc_now() - timedelta(minutes=1)
            await router.broker.stop(8)
            shutil.copytree(data, older)
            await router.broker.start()
            await trial.wait_for_flow()
            await trial.run_traffic(10)
            await kill(router.broker)
            async with router.without_services():
                shutil.rmtree(data)
                older.rename(data)
                await router.broker.start()
                since = a_while_ago.isoformat()
                said = json.loads(await router.command("republish", "--since", since, "--json"))
                refilled.update(said["published_again"])
            trial.mark_fault_over()

        def observe(_: Trial) -> str:
            count = sum(sum(topics.values()) for topics in refilled.values())
            return f"{count:,} messages sent again" if count else ""

        what = "broker back with a log 15 s older"
        assert_survived(await run_trial(router, Scenario("T05", what, inject, observe), seed))

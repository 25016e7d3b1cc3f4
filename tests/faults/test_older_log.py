"""A broker that comes back with a log older than what was read from it."""

import shutil

import pytest

from shared.runtime.clock import utc_now
from tests.faults.conftest import NewCity
from tests.faults.kit.members import kill
from tests.faults.kit.trial import Scenario, Trial, endure
from tests.faults.kit.verdicts import stands

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]


async def test_t05_an_older_log_is_refilled_from_the_outboxes(new_city: NewCity, seed: int) -> None:
    async with new_city() as city:
        data = city.site.folder.path / "kafka" / "data"
        older = city.site.folder.path / "kafka" / "older"

        async def harm(trial: Trial) -> None:
            await city.broker.stop(8)
            shutil.copytree(data, older)
            before = utc_now()
            await city.broker.start()
            await trial.flows()
            await trial.traffic(10)
            await kill(city.broker)
            shutil.rmtree(data)
            older.rename(data)
            await city.broker.start()
            await trial.traffic(5)
            trial.over()
            await city.command("republish", "--since", before.isoformat())

        def seen(trial: Trial) -> str:
            lost = trial.evidence.count("route311_position_lost_total")
            return f"{lost} positions lost" if lost else ""

        what = "broker back with a log 15 s older"
        stands(await endure(city, Scenario("T05", what, harm, seen), seed))

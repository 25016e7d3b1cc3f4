"""A broker that comes back with a log older than what was read from it."""

import json
import shutil
from datetime import timedelta

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
        refilled: dict[str, dict[str, int]] = {}
        older = city.site.folder.path / "kafka" / "older"

        async def harm(trial: Trial) -> None:
            a_while_ago = utc_now() - timedelta(minutes=1)
            await city.broker.stop(8)
            shutil.copytree(data, older)
            await city.broker.start()
            await trial.flows()
            await trial.traffic(10)
            await kill(city.broker)
            async with city.without_services():
                shutil.rmtree(data)
                older.rename(data)
                await city.broker.start()
                since = a_while_ago.isoformat()
                said = json.loads(await city.command("republish", "--since", since, "--json"))
                refilled.update(said["published_again"])
            trial.over()

        def seen(_: Trial) -> str:
            count = sum(sum(topics.values()) for topics in refilled.values())
            return f"{count:,} messages sent again" if count else ""

        what = "broker back with a log 15 s older"
        stands(await endure(city, Scenario("T05", what, harm, seen), seed))

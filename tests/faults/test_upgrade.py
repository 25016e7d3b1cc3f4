"""T46: update from an earlier version and back, both versions at once, under load."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.local.process import Process
from tests.faults.kit.members import Member
from tests.faults.kit.router import RouterUnderTest, running_router
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived
from tests.support.waiting import eventually

_NAMED = os.environ.get("ROUTE311_PREVIOUS")
PREVIOUS = Path(_NAMED).resolve() if _NAMED else None
pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        PREVIOUS is None, reason="ROUTE311_PREVIOUS names no checkout of an earlier version"
    ),
]

REPORTS = 300
IN_ORDER = ("notify", "dispatch", "triage", "intake")  # consumers before producers
WITH_ONE_VERSION_S = 5.0
STOP_WITHIN_S = 12.0


async def fill(previous: Path, data: Path) -> None:
    """Let the earlier version make its data: databases, topics, and some reports."""
    file = data.parent / "reports.jsonl"
    lines = (
        {
            "time": "2026-03-02T17:00:00Z",
            "jurisdiction": "portland.gov",
            "channel": "app",
            "service_code": "ROW-POTHOLE",
            "description": f"Pothole {number}",
            "location": {"latitude": 45.46 + number % 200 * 5e-4, "longitude": -122.6},
            "reporter": {"email": f"old-{number}@example.org", "status_updates": ["email"]},
        }
        for number in range(REPORTS)
    )
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    command = previous / ".venv/bin/route311"
    up = await asyncio.create_subprocess_exec(command, "up", "--data", data, cwd=previous)

    async def is_up() -> bool:
        assert up.returncode is None
        return (data / "stack.json").exists()

    await eventually(is_up, within_s=120)
    replay = await asyncio.create_subprocess_exec(
        command, "replay", file, "--data", data, cwd=previous
    )
    assert await replay.wait() == 0
    up.send_signal(signal.SIGINT)
    await up.wait()


@dataclass(slots=True)
class Fleet:
    """The processes of a router, each of one version or the other."""

    router: RouterUnderTest
    running: dict[str, Process] = field(default_factory=dict)

    async def change(self, service: str, source: Path | None) -> None:
        """Start a service in a version; then stop the process that did its work."""
        old = self.running.get(service)
        number = 2 if old is not None and old.name == service else 1
        member = Member(service, number, source=source)
        process = member.process(self.router.site, self.router.endpoints)
        await process.start()
        self.router.members[member.name] = self.running[service] = process
        if old is not None:
            del self.router.members[old.name]
            await old.stop(STOP_WITHIN_S)
            assert old.exit_code == 0, f"{old.name} was killed"

    async def change_all(self, source: Path | None) -> None:
        for service in IN_ORDER:
            await self.change(service, source)

    async def stop(self) -> None:
        for process in self.running.values():
            await process.stop(STOP_WITHIN_S)


@asynccontextmanager
async def fleet_of(data: Path, seed: int, previous: Path) -> AsyncGenerator[Fleet]:
    """Run the earlier version over databases and topics that this one has brought up to date."""
    async with running_router(data, seed=seed, services=()) as router:
        fleet = Fleet(router)
        try:
            await fleet.change_all(previous)
            yield fleet
        finally:
            await fleet.stop()


async def test_t46_a_router_is_updated_and_set_back_under_load(
    data_folder: Path, seed: int
) -> None:
    assert PREVIOUS
    await fill(PREVIOUS, data_folder)
    async with fleet_of(data_folder, seed, PREVIOUS) as fleet:

        async def inject(trial: Trial) -> None:
            for source in (None, PREVIOUS, None):
                await fleet.change_all(source)
                await trial.run_traffic(WITH_ONE_VERSION_S)
            await fleet.change("insight", None)

        def observe(trial: Trial) -> str:
            return f"{len(trial.history.outcomes):,} reports meanwhile"

        scenario = Scenario("T46", "updated, set back, updated again", inject, observe)
        verdict = assert_survived(await run_trial(fleet.router, scenario, seed))
        assert not verdict.callers_noticed, verdict.reasons

"""A member that is stopped past its session and wakes up."""

import pytest

from tests.faults.kit.city import City
from tests.faults.kit.members import Member, pause, resume
from tests.faults.kit.trial import Scenario, Trial, endure
from tests.faults.kit.verdicts import stands

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]

ASLEEP_S = 40


async def doze(trial: Trial) -> None:
    """Put triage to sleep while a second one works, and wake it with what it had in hand."""
    async with trial.city.joined_by(Member("triage", 2)):
        await trial.traffic(3)
        pause(trial.city.members["triage"])
        await trial.traffic(ASLEEP_S)
        resume(trial.city.members["triage"])
        await trial.traffic(5)


def fenced(trial: Trial) -> str:
    fenced = trial.evidence.count("route311_fenced_total")
    return f"{fenced} fenced batches" if fenced else ""


async def test_t06_triage_sleeps_past_its_session_and_wakes(city: City, seed: int) -> None:
    scenario = Scenario("T06", f"SIGSTOP triage, {ASLEEP_S} s", doze, fenced)
    stands(await endure(city, scenario, seed))

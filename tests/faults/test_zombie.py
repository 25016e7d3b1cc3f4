"""A member that is stopped past its session and wakes up."""

import signal
from collections.abc import Sequence

import psutil
import pytest

from tests.faults.conftest import NewRouter
from tests.faults.kit.members import resume
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived
from tests.waiting import eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]

ASLEEP_S = 40


def changed(*changes: str) -> dict[str, Sequence[str]]:
    """Return what runs in place of a triage that can be put to sleep with a batch in hand."""
    return {"triage": ("tests.faults.altered.member", "triage", "sleep", *changes)}


async def doze(trial: Trial) -> None:
    """Put triage to sleep with a batch in hand, let another take over, and wake it."""
    async with trial.router.with_second_member("triage"):
        await trial.run_traffic(3)
        sleeper = psutil.Process(trial.router.members["triage"].pid)
        sleeper.send_signal(signal.SIGUSR1)

        async def asleep() -> bool:
            return sleeper.status() == psutil.STATUS_STOPPED

        await eventually(asleep)
        await trial.run_traffic(ASLEEP_S)
        resume(trial.router.members["triage"])
        await trial.run_traffic(5)


def fenced(trial: Trial) -> str:
    fenced = trial.counters.count("route311_fenced_total")
    return f"{fenced} fenced batches" if fenced else ""


async def test_t06_triage_sleeps_past_its_session_and_wakes(
    new_router: NewRouter, seed: int
) -> None:
    async with new_router(altered=changed()) as router:
        scenario = Scenario("T06", f"SIGSTOP triage, {ASLEEP_S} s", doze, fenced)
        assert_survived(await run_trial(router, scenario, seed))

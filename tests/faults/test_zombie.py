"""A zombie: a member suspended for longer than its session, then resumed."""

import signal
from collections.abc import Sequence

import psutil
import pytest

from tests.faults.conftest import NewRouter
from tests.faults.kit.members import resume
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]

SUSPENDED_S = 40


def altered_triage(*changes: str) -> dict[str, Sequence[str]]:
    """Return the modules of a triage that can be suspended in the middle of a batch."""
    return {"triage": ("tests.faults.altered.member", "triage", "sleep", *changes)}


async def suspend_mid_batch(trial: Trial) -> None:
    """Suspend triage in the middle of a batch, let another member take over, and resume it."""
    async with trial.router.with_second_member("triage"):
        await trial.run_traffic(3)
        process = psutil.Process(trial.router.members["triage"].pid)
        process.send_signal(signal.SIGUSR1)

        async def is_suspended() -> bool:
            return process.status() == psutil.STATUS_STOPPED

        await eventually(is_suspended)
        await trial.run_traffic(SUSPENDED_S)
        resume(trial.router.members["triage"])
        await trial.run_traffic(5)


def fenced(trial: Trial) -> str:
    fenced = trial.counters.count("route311_fenced_total")
    return f"{fenced} fenced batches" if fenced else ""


async def test_t06_triage_sleeps_past_its_session_and_wakes(
    new_router: NewRouter, seed: int
) -> None:
    async with new_router(altered=altered_triage()) as router:
        scenario = Scenario("T06", f"SIGSTOP triage, {SUSPENDED_S} s", suspend_mid_batch, fenced)
        assert_survived(await run_trial(router, scenario, seed))

"""Full disks of the database and of the broker."""

import os
import subprocess
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from deploy.local.process import Process
from tests.faults.conftest import NewRouter
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk"),
]

FULL_S = 15
ZEROS = bytes(256 * 1024)


@contextmanager
def small_disk(folder: Path, mib: int) -> Generator[Path]:
    """Mount a tmpfs of that size; skip the test where that is not allowed."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - a fixed command
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607 - a fixed command


def fill(disk: Path) -> Path:
    """Fill the disk with a file, and return it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(ZEROS):
            pass
    return ballast


@asynccontextmanager
async def router_on_small_disk(
    new_router: NewRouter, part: str, mib: int
) -> AsyncGenerator[tuple[RouterUnderTest, Path]]:
    data = new_router.data
    data.mkdir()
    (data / "route311.lock").touch()
    with small_disk(data.parent / "disk", mib) as disk:  # PostgreSQL's user cannot enter data
        (data / part).symlink_to(disk)
        async with new_router() as router:
            yield router, disk


async def fill_temporarily(trial: Trial, disk: Path, store: Process) -> None:
    async with trial.router.supervised(store):
        ballast = fill(disk)
        await trial.run_traffic(FULL_S)
        ballast.unlink()
        trial.mark_fault_over()
        await trial.wait_for_flow()


async def test_t09_the_disk_is_full_under_postgresql(new_router: NewRouter, seed: int) -> None:
    async with router_on_small_disk(new_router, "postgres", 400) as (router, disk):

        async def inject(trial: Trial) -> None:
            await fill_temporarily(trial, disk, router.postgres)

        def observe(trial: Trial) -> str:
            count = trial.history.statuses[503]
            return f"{count:,} answers 503" if count else ""

        what = f"disk full under PostgreSQL, {FULL_S} s"
        assert_survived(await run_trial(router, Scenario("T09", what, inject, observe), seed))


async def test_t09_the_disk_is_full_under_the_broker(new_router: NewRouter, seed: int) -> None:
    async with router_on_small_disk(new_router, "kafka", 400) as (router, disk):

        async def inject(trial: Trial) -> None:
            await fill_temporarily(trial, disk, router.broker)

        def observe(trial: Trial) -> str:
            deaths = router.deaths.get("kafka", 0)
            waiting = trial.counters.count("route311_broker_failures_total")
            return f"the broker died {deaths} times" if deaths or waiting else ""

        what = f"disk full under the broker, {FULL_S} s"
        verdict = assert_survived(
            await run_trial(router, Scenario("T09b", what, inject, observe), seed)
        )
        assert not verdict.callers_noticed, verdict.reasons

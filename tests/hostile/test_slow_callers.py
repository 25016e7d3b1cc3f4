"""T33: a good adapter beside callers without a key is answered as if they were not there."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic
from urllib.parse import urlsplit

import pytest

from tests.hostile.beside import calling, good, post
from tests.hostile.measuring import judge
from tests.hostile.target import Target

pytestmark = pytest.mark.asyncio(loop_scope="module")

ATTACK_S = 20.0
CALLS = 200
PER_SECOND = 20
P99_S = 0.25
GIVES_UP_AFTER_S = 5.0
KINDS = {
    "idle": 450,
    "head-alone": 450,
    "slow-head": 450,
    "slow-body": 450,
    "half-head": 1_500,
    "wrong-keys": 1_500,
}


@asynccontextmanager
async def attackers(target: Target, kind: str) -> AsyncGenerator[None]:
    """Run the attackers in a process of their own; they end within the attack's time."""
    port, count = urlsplit(target.stack["intake"]).port, KINDS[kind]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.hostile.attackers", kind, f"{port}", f"{count}"),
        f"{ATTACK_S}",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(ATTACK_S):
            assert await process.stdout.readline() == b"ready\n"
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def call(target: Target, after_s: float) -> tuple[int, float]:
    """Hand in on a connection of its own; return status and seconds."""
    await asyncio.sleep(after_s)
    began = monotonic()
    async with calling(target, GIVES_UP_AFTER_S) as session:
        status, _ = await post(session, good())
    return status, monotonic() - began


async def measure(target: Target) -> tuple[float, int]:
    """Return the 99th percentile of the good adapter's seconds, and how many were refused."""
    answers = await asyncio.gather(*(call(target, n / PER_SECOND) for n in range(CALLS)))
    times = sorted(took for _, took in answers)
    return times[int(0.99 * CALLS) - 1], sum(status != 201 for status, _ in answers)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_good_adapter_does_not_notice(target: Target, kind: str) -> None:
    before = target.pids()
    alone_s, _ = await measure(target)
    async with attackers(target, kind):
        p99_s, refused = await measure(target)
    harm = await target.harm(before)
    judge(
        f"{KINDS[kind]:,} x {kind}",
        f"p99 {p99_s * 1000:.0f} ms ({alone_s * 1000:.0f} ms alone), {refused} of {CALLS} refused, "
        f"{', '.join(harm) or 'no harm'}",
        "250 ms, 0",
        is_met=p99_s <= P99_S and not refused and not harm,
        why="the machine alone is too slow: void" if alone_s > P99_S else "",
    )

"""T26: ten thousand submissions with one key are refused at once; another key is not."""

import asyncio
from collections import Counter
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.faults.overload.measuring import load, p99_s
from tests.hostile.beside import good, post
from tests.hostile.measuring import judge
from tests.hostile.target import Target

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECONDS = 5.0
PER_SECOND = 2_000
CONNECTIONS = 200
REFUSED_WITHIN_S = 0.05
CALLS = 100


async def other_key(target: Target) -> str:
    """Make the key of another adapter."""
    code, output, errors = await target.router.command("keys", "add", "adapter", "other")
    assert code == 0, errors
    return output.split()[-1]


async def beside(target: Target, key: str) -> Counter[int]:
    """Hand in with another key meanwhile; return how often each status came."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    statuses: Counter[int] = Counter()
    async with aiohttp.ClientSession(target.stack["intake"], headers=headers) as session:
        for _ in range(CALLS):
            status, _ = await post(session, good())
            statuses[status] += 1
            await asyncio.sleep(SECONDS / CALLS)
    return statuses


async def test_one_key_is_refused_at_once_and_another_is_not(target: Target) -> None:
    before, port = target.pids(), urlsplit(target.stack["intake"]).port or 0
    key, other = target.stack["keys"]["adapters"]["demo"], await other_key(target)
    flood, good_ones = await asyncio.gather(
        load(port, key, "flood", seconds=SECONDS, connections=CONNECTIONS, rate=PER_SECOND),
        beside(target, other),
    )
    harm = await target.harm(before)
    refused = [answer for answer in flood.responses if answer.status == 429]
    statuses = Counter(answer.status for answer in flood.responses)
    judge(
        "10,000 submissions with one key",
        f"{dict(statuses)}, 429 within {p99_s(refused) * 1000:.1f} ms (p99); "
        f"another key: {dict(good_ones)}, {', '.join(harm) or 'no harm'}",
        "201, 429 and, on a slow machine, 503; 50 ms; another key: 201 alone",
        is_met={201, 429} <= set(statuses) <= {201, 429, 503}
        and p99_s(refused) <= REFUSED_WITHIN_S
        and all(answer.retry_after for answer in refused)
        and set(good_ones) == {201}
        and not harm,
    )

"""T31, from outside: adversarial submissions over HTTP and Kafka, with good ones beside them."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from tests.hostile.beside import DECIDED_WITHIN_S, calling, event_of, good, good_ones, post
from tests.hostile.measuring import judge
from tests.hostile.target import Tail, Target
from tests.hostile.texts import FAMILIES, shapes
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOST_CPU_S = 0.05
MOST_BYTES = 20_000_000
ONCE_MORE_S = 0.3
WARM_UP = 20
SETTLED_WITHIN_S = 60.0
TOPICS = ("triage-decisions", "intake-receipts", "channel-submissions-dlq")


async def decided(tail: Tail, request_id: str) -> bool:
    """Wait for the decision; tell whether it came."""

    async def found() -> bool:
        return any(e.get("correlationid") == request_id for _, e in tail.events("triage-decisions"))

    with suppress(TimeoutError):
        return await eventually(found, within_s=SETTLED_WITHIN_S)
    return False


@pytest_asyncio.fixture(loop_scope="module")
async def warm(target: Target) -> AsyncGenerator[Target]:
    """A router that has decided a few things, so that no cost is that of the first time."""
    async with target.tail("triage-decisions") as tail, calling(target) as session:
        last = [await post(session, good()) for _ in range(WARM_UP)][-1][1]
        assert await decided(tail, last["request_id"])
    yield target


@pytest.mark.parametrize("family", FAMILIES)
async def test_each_accepted_one_costs_at_most_50_ms_and_20_mb(warm: Target, family: str) -> None:
    before, costs = warm.pids(), []
    async with warm.tail("triage-decisions") as tail, calling(warm) as session:
        usual_s = min([(await cost(warm, tail, session, good()))[0] for _ in range(3)])
        for shape, changes in shapes(family).items():
            cpu_s, grown, status = await cost(warm, tail, session, good(**changes))
            if MOST_CPU_S < cpu_s < ONCE_MORE_S:  # the machine's noise, or the first of its kind
                again = good(**shapes(family, 7)[shape])
                cpu_s = min(cpu_s, (await cost(warm, tail, session, again))[0])
            costs.append((cpu_s, grown, f"{shape}, {status}"))
            if not status:
                break
    harm = await warm.harm(before)
    slowest, largest = max(costs), max(costs, key=lambda cost: cost[1])
    judge(
        f"HTTP, {family}",
        f"{slowest[0] * 1000:.0f} ms CPU ({slowest[2]}; a good one {usual_s * 1000:.0f} ms), "
        f"{largest[1] / 1e6:.0f} MB ({largest[2]}), {', '.join(harm) or 'no harm'}",
        "50 ms, 20 MB, no restart",
        is_met=slowest[0] <= MOST_CPU_S and largest[1] <= MOST_BYTES and not harm,
        why="\n".join(f"{s * 1000:.0f} ms, {b / 1e6:.0f} MB: {shape}" for s, b, shape in costs),
    )


async def cost(
    target: Target, tail: Tail, session: ClientSession, data: dict[str, Any]
) -> tuple[float, int, int]:
    """Return CPU seconds, bytes and status of a submission until it is decided or rejected."""
    held, began = target.reset_peaks(), target.cpu_s()
    status, answer = await post(session, data)
    if status == 0 or (status == 201 and not await decided(tail, answer["request_id"])):
        return float("inf"), 0, 0
    return target.cpu_s() - began, target.growth(held), status


@pytest.mark.parametrize("way", ["HTTP", "Kafka"])
@pytest.mark.parametrize("shape", shapes("at signs"))
async def test_good_ones_beside_all_families_are_decided_in_5_s(
    target: Target, shape: str, way: str
) -> None:
    variant = 98 if way == "HTTP" else 99  # words that were seen before cost less
    before, hostile = target.pids(), [good(**shapes(f, variant)[shape]) for f in FAMILIES]
    async with target.tail(*TOPICS) as tail:
        async with good_ones(target) as beside, calling(target) as session:
            if way == "HTTP":
                unanswered = [await post(session, data) for data in hostile].count((0, {}))
            else:
                unanswered = len(await _unanswered(target, tail, hostile))
        undecided = beside.sent_at.keys() - beside.delays().keys()
    harm = await target.harm(before)
    judge(
        f"{way}, {shape} of every family",
        f"slowest good one {beside.slowest_s:.1f} s, {len(beside.refused)} refused, "
        f"{unanswered} of {len(hostile)} hostile ones unanswered, {', '.join(harm) or 'no harm'}",
        "5 s, none refused or unanswered, no restart",
        is_met=beside.slowest_s <= DECIDED_WITHIN_S and not (beside.refused or unanswered or harm),
        why=f"undecided {sorted(undecided)}",
    )


async def _unanswered(target: Target, tail: Tail, hostile: list[dict[str, Any]]) -> list[str]:
    """Write the submissions; return the ids of those that got no receipt and were not parked."""
    ids = [str(uuid4()) for _ in hostile]
    written = await target.write([event_of(d, name) for d, name in zip(hostile, ids, strict=True)])
    left: list[str] = []

    async def all_answered() -> bool:
        told = {e["data"]["submission_id"] for _, e in tail.events("intake-receipts")}
        told |= {name for name, at in zip(ids, written, strict=True) if at in tail.parked()}
        left[:] = [name for name in ids if name not in told]
        return not left

    with suppress(TimeoutError):
        await eventually(all_answered, within_s=SETTLED_WITHIN_S)
    return left

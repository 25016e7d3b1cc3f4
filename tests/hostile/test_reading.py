"""T32: whatever is in a record, services live, it is parked or refused, and good ones go on."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest

from tests.hostile.beside import DECIDED_WITHIN_S, calling, good, good_ones, post
from tests.hostile.fuzzing import CONSUMED, KINDS, example
from tests.hostile.measuring import judge
from tests.hostile.target import Raw, RawName, Tail, Target
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEEDS = (311, 312, 313, 314, 315)
PER_TOPIC = 16  # the consumer ends by design after a hundred in a row, or half of a thousand
PARKED_WITHIN_S = 10.0
FAR = 253_402_300_800_000  # milliseconds: the first moment of the year 10000


async def attack(target: Target, what: str, records: Sequence[Raw]) -> None:
    """Write the records beside good ones, and judge what became of all."""
    dead = [topic for topic in await target.topics() if topic.endswith("-dlq")]
    receipts = [topic for topic in await target.topics() if topic.endswith("-receipts")]
    before = target.pids()
    async with target.tail(*dead, *receipts) as tail, good_ones(target) as beside:
        written = await target.write(records)
        lost = await unaccounted(tail, records, written)
    harm = await target.harm(before)
    stuck = [
        line for line in target.logged("message_stuck") if any(w in line for w in written if w)
    ]
    names = dict(zip(written, (record.what for record in records), strict=True))
    blame = {at: what for at, what in names.items() if at and any(f'"{at}"' in s for s in stuck)}
    refused = written.count("")
    judge(
        f"reading: {what}",
        f"{', '.join(harm) or 'no harm'}; {len(lost)} of {len(records)} neither parked nor refused"
        f" ({refused} refused by the broker); slowest good one {beside.slowest_s:.1f} s, "
        f"{len(beside.refused)} good ones refused",
        "no restart, all ready, none lost, 5 s",
        is_met=not harm
        and not lost
        and beside.slowest_s <= DECIDED_WITHIN_S
        and not beside.refused,
        why=f"stuck at {blame}\nlost {lost}",
    )


async def unaccounted(tail: Tail, records: Sequence[Raw], written: Sequence[str]) -> list[str]:
    """Return the records that no event can be read from and that nobody parked or refused."""
    missing: list[str] = []

    async def all_found() -> bool:
        parked, receipts = tail.parked(), tail.seen
        missing[:] = [
            f"{at}: {record.what}"
            for record, at in zip(records, written, strict=True)
            if record.must_be_parked and at and at not in parked and not _refused(record, receipts)
        ]
        return not missing

    with suppress(TimeoutError):
        await eventually(all_found, within_s=PARKED_WITHIN_S)
    return missing


def _refused(record: Raw, receipts: Sequence[tuple[float, Any]]) -> bool:
    try:
        name = json.loads(record.value or b"")["id"].encode()
    except (ValueError, LookupError, TypeError, AttributeError):
        return False
    return any(r.topic.endswith("-receipts") and name in (r.value or b"") for _, r in receipts)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
async def test_any_bytes_on_any_topic_harm_nobody(target: Target, kind: str, seed: int) -> None:
    canary = f"Canary{uuid4().hex[:8]}"
    records = [r for topic in CONSUMED for r in KINDS[kind](topic, seed, PER_TOPIC, canary)]
    await attack(target, f"{kind}, seed {seed}", records)
    assert not target.logged(canary)


@pytest.mark.parametrize("name", ["traceparent", "anything"])
async def test_a_header_without_a_value_harms_nobody(target: Target, name: str) -> None:
    records = [
        Raw(topic, b"{}", b"key", [(name, None)], what=topic, must_be_parked=True)
        for topic in CONSUMED
    ]
    await attack(target, f"header {name} is null", records)


async def test_a_header_name_that_is_not_utf8_harms_nobody(target: Target) -> None:
    records = [
        Raw(topic, b"{}", b"key", [(RawName(b"\xff"), b"1")], what=topic, must_be_parked=True)
        for topic in CONSUMED
    ]
    await attack(target, "header name FF", records)


async def test_a_tombstone_from_the_year_10000_or_before_the_year_1_harms_nobody(
    target: Target,
) -> None:
    times = (FAR, 2**62, -1, -62_135_596_800_001, -(2**62))
    records = [
        Raw("intake-contacts", None, str(uuid4()).encode(), timestamp_ms=at, what=f"time {at}")
        for at in times
    ]
    await attack(target, "tombstone with an extreme timestamp", records)


@pytest.mark.parametrize(
    "changes",
    [
        {"at": "2026-03-02T12:00:00"},
        {"scheduled_for": "2026-03-02T12:00:00"},
        {"at": "0001-01-01T00:00:00Z"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"scheduled_for": "0001-01-01T00:00:00Z"},
        {"scheduled_for": "9999-12-31T23:59:59.999999Z"},
        {"scheduled_for": "9999-12-31T23:59:59-14:00"},
    ],
    ids=str,
)
async def test_a_date_that_nobody_can_mean_is_refused(
    target: Target, changes: dict[str, str]
) -> None:
    before = target.pids()
    topics = ("bureau-pbot-maint-work", "bureau-pbot-maint-receipts")
    async with target.tail(*topics) as tail, calling(target) as session:
        email = f"{uuid4().hex}@example.org"
        reporter = {"email": email, "status_updates": ["email"]}
        _, accepted = await post(session, good(reporter=reporter))

        async def issued() -> dict[str, Any] | None:
            orders = [event["data"] for _, event in tail.events(topics[0])]
            cases = [order for order in orders if order["status"] == "issued"]
            return cases[-1] if cases else None

        order = await eventually(issued)
        assert order
        update = _update(order, **changes)
        await target.write([update])

        async def receipt() -> str | None:
            found = [event["type"] for _, event in tail.events(topics[1])]
            return found[-1].split(".")[-2] if found else None

        try:
            fate = await eventually(receipt, within_s=DECIDED_WITHIN_S)
        except TimeoutError:
            fate = "no receipt"

        async def told() -> bool:
            return len([mail for mail in target.router.mails() if mail["To"] == email]) > 1

        with suppress(TimeoutError):  # one that is refused leads to no second mail
            await eventually(told, within_s=2.0)
    harm = await target.harm(before)
    page, _ = await target.get("intake", f"/v1/requests/{accepted['tracking_number']}")
    judge(
        f"a bureau's {changes}",
        f"{fate}, status page {page}, {', '.join(harm) or 'no harm'}",
        "update_refused, 200, no harm",
        is_met=fate == "update_refused" and page == 200 and not harm,
    )


def _update(order: dict[str, Any], **changes: str) -> Raw:
    event = example("work_order.update")
    event["id"] = str(uuid4())
    at = order["last_reported_at"]
    event["data"] = {
        "work_order_id": order["work_order_id"],
        "bureau": order["bureau"],
        "status": "scheduled",
        "at": at,
        "scheduled_for": at,
    } | changes
    topic = f"bureau-{order['bureau'].lower()}-updates"
    return Raw(topic, json.dumps(event).encode(), order["case_id"].encode())

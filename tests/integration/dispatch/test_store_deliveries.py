"""What is sent to webhooks next, as the tables say it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from services.dispatch.channels.webhooks.store import (
    _SETTLE,
    Call,
    WebhookDelivery,
    WebhookQueue,
    Webhooks,
)
from shared.contract.events import Decoder, WorkOrder, WorkOrderChanged, WorkOrderIssued
from shared.delivery_attempts import MAX_IN_FLIGHT, PROBE_EVERY, Outcome
from shared.runtime.clock import utc_now
from shared.runtime.postgres import Pool, columns
from tests.support.dispatch.factories import ports
from tests.support.dispatch.http_access import change_order, open_case
from tests.support.dispatch.sinkholes import LEAD, sinkhole

pytestmark = pytest.mark.integration

URL, SECRET = "https://bureau.example/", "whsec_c2VjcmV0"
DECODER: Decoder[WorkOrderIssued | WorkOrderChanged] = Decoder((WorkOrderIssued, WorkOrderChanged))
SOON = timedelta(hours=1)  # later than whatever the test does
MUCH_PENDING = """
    INSERT INTO webhook_deliveries (bureau, seq, work_order_id, level)
    SELECT $1, number, gen_random_uuid(), 'P4' FROM generate_series(1, 5000) AS number
"""


class Webhook:
    """The webhook of one bureau, and what a worker without memory does with it."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.now = pool, utc_now() + SOON
        self.webhooks, self.queue = Webhooks(pool, ports().lock_bureau), WebhookQueue(pool)

    async def put(self, *, enabled: bool = True) -> None:
        await self.webhooks.put(LEAD, URL, SECRET, enabled=enabled)

    async def due(self, *ended: Call, in_flight: Sequence[int] = ()) -> Sequence[WebhookDelivery]:
        return (await self.queue.next_round(LEAD, ended, in_flight, self.now)).deliveries

    def call(
        self,
        delivery: WebhookDelivery,
        status: int = 200,
        error: str | None = None,
        *,
        jitter: float = 0,
    ) -> Call:
        return Call(delivery, Outcome(self.now, 1, status, error), jitter)


@pytest.fixture
async def webhook(pool: Pool) -> Webhook:
    return Webhook(pool)


def orders_of(due: Sequence[WebhookDelivery]) -> list[tuple[str, int]]:
    """Work order and version of each delivery."""
    orders = [DECODER.decode(delivery.payload).data for delivery in due]
    return [(order.work_order_id, order.version) for order in orders]


async def opened(pool: Pool, level: str) -> WorkOrder:
    orders = await open_case(pool, sinkhole(level=level))
    return next(order for order in orders if order.bureau == LEAD)


async def test_the_most_urgent_goes_first_and_draws_what_is_ahead_of_it(
    pool: Pool, webhook: Webhook
) -> None:
    await webhook.put()
    routine, raised = await opened(pool, "P4"), await opened(pool, "P4")
    urgent = await opened(pool, "P2")
    await change_order(pool, raised, level="P1")

    first = await webhook.due()
    assert orders_of(first) == [
        (raised.work_order_id, 1),
        (urgent.work_order_id, 1),
        (routine.work_order_id, 1),
    ]

    again = await webhook.due(in_flight=[delivery.seq for delivery in first])
    assert again == []
    assert orders_of(await webhook.due(webhook.call(first[0]))) == [
        (raised.work_order_id, 2),
        (urgent.work_order_id, 1),
        (routine.work_order_id, 1),
    ]


async def test_more_is_read_than_may_be_called_at_once_unless_a_call_failed(
    pool: Pool, webhook: Webhook
) -> None:
    await webhook.put()
    await open_case(pool, *(sinkhole(level="P4") for _ in range(MAX_IN_FLIGHT + 2)))

    everything = await webhook.due()
    after_a_failure = await webhook.due(webhook.call(everything[0], 500, "refused"))

    assert (len(everything), len(after_a_failure)) == (MAX_IN_FLIGHT + 2, MAX_IN_FLIGHT)


async def test_settling_reads_by_the_key_though_much_is_pending(pool: Pool) -> None:
    await pool.execute(MUCH_PENDING, LEAD)
    now = utc_now()
    settled = (LEAD, 7, "pending", 1, now, "delivered", now)

    plan = await pool.fetch(f"EXPLAIN {_SETTLE}", *columns([settled]))

    assert "webhook_deliveries_pkey" in "\n".join(row[0] for row in plan)


async def test_a_version_waits_until_the_one_before_is_delivered_or_parked(
    pool: Pool, webhook: Webhook
) -> None:
    await webhook.put()
    order = await opened(pool, "P4")
    await change_order(pool, order, level="P4")
    [first] = await webhook.due()

    assert await webhook.due(webhook.call(first, 500, "refused")) == []
    webhook.now += timedelta(hours=1)
    [again] = await webhook.due()
    assert (again.event_id, again.progress.attempts) == (first.event_id, 1)

    webhook.now += timedelta(hours=72)
    [second] = await webhook.due(webhook.call(again, 500, "refused"))
    assert orders_of([second]) == [(order.work_order_id, 2)]
    calls, _ = await webhook.webhooks.calls(LEAD, 0, 10, order.case_id)
    assert [(call["event_id"], call["attempt"]) for call in calls] == [
        (first.event_id, 1),
        (first.event_id, 2),
    ]


async def test_a_worker_that_was_killed_sends_the_same_again(pool: Pool, webhook: Webhook) -> None:
    await webhook.put()
    await opened(pool, "P4")
    before = await webhook.due()

    after_restart = await Webhook(pool).due()

    assert after_restart == before
    assert len(before) == 1


async def test_five_failures_hold_everything_until_a_probe_gets_through(
    pool: Pool, webhook: Webhook
) -> None:
    await webhook.put()
    for _ in range(6):
        await opened(pool, "P4")
    *failing, held = await webhook.due()

    assert await webhook.due(*(webhook.call(one, 500, "refused") for one in failing)) == []
    webhook.now += PROBE_EVERY
    [probe] = await webhook.due()
    assert (probe.event_id, probe.progress.attempts) == (failing[0].event_id, 1)
    assert await webhook.due(in_flight=[probe.seq]) == []

    await webhook.due(webhook.call(probe, 500, "refused", jitter=1))
    webhook.now += PROBE_EVERY  # the time of the first probe comes 6 s later
    [next_probe] = await webhook.due()
    rest = await webhook.due(webhook.call(next_probe))

    everything = {one.event_id for one in (*failing, held)}
    assert {one.event_id for one in rest} == everything - {next_probe.event_id}
    assert next(one for one in rest if one.seq == held.seq).progress.attempts == 0


async def test_a_single_event_is_the_probe_though_its_own_time_has_not_come(
    pool: Pool, webhook: Webhook
) -> None:
    await webhook.put()
    await opened(pool, "P4")
    for _ in range(5):
        [only] = await webhook.due()
        await webhook.due(webhook.call(only, 500, "refused"))
        webhook.now += timedelta(hours=1)
    [only] = await webhook.due()
    await webhook.due(webhook.call(only, 500, "refused"))

    webhook.now += PROBE_EVERY

    assert [probe.event_id for probe in await webhook.due()] == [only.event_id]


async def test_410_switches_off_until_an_operator_switches_on_again(
    pool: Pool, webhook: Webhook
) -> None:
    await opened(pool, "P4")
    await webhook.put()
    await opened(pool, "P4")
    await opened(pool, "P4")
    gone, waiting = await webhook.due()

    assert await webhook.due(webhook.call(gone, 410, "gone")) == []
    state = await webhook.webhooks.find(LEAD)
    assert state
    assert (state.enabled, state.disabled_reason) == (False, "gone")
    missed = await opened(pool, "P4")
    assert await webhook.due() == []

    await webhook.put()
    due = await webhook.due()
    assert {one.event_id for one in due} == {gone.event_id, waiting.event_id}

    page = await pool.fetch(
        "SELECT event_id::text FROM bureau_events WHERE work_order_id = $1", missed.work_order_id
    )
    ids = [page[0]["event_id"], "0197a1b2-c3d4-7000-8000-000000000001", "none"]
    assert await webhook.webhooks.replay_events(LEAD, ids) == 1
    assert await webhook.webhooks.replay_events("WATER", ids) is None
    assert orders_of(await webhook.due())[-1] == (missed.work_order_id, 1)
    until = utc_now()
    assert await webhook.webhooks.replay_span(LEAD, until - timedelta(days=9_999), until) == 4


async def test_what_an_operator_switched_off_is_not_sent(pool: Pool, webhook: Webhook) -> None:
    await webhook.put()
    await opened(pool, "P4")

    await webhook.put(enabled=False)

    assert await webhook.due() == []

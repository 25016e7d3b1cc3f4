"""One suite for what the stores in memory and in PostgreSQL know of deliveries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.notify.delivery.worker import DeliveryUpdate
from services.notify.inbound import collect_updates
from services.notify.outbound import delivery_event
from services.notify.rules.model import CaseFacts, ReferralAgency, StoredDelivery
from shared.contract.events import (
    Emergency,
    Event,
    NotificationSent,
    NotificationUnknown,
    Referral,
    ReferralReason,
    new_id,
)
from shared.runtime.clock import utc_now
from shared.runtime.postgres import Pool
from tests.integration.notify.stores import (
    LATER,
    NotifyStores,
    PostgresStores,
    add,
    claim,
    due,
    save,
    triggers,
)
from tests.support.builders import NOON, contact_given, location
from tests.support.notify.factories import (
    CONTACT_KEY,
    delivery,
    moved,
    triaged,
)

pytestmark = pytest.mark.integration


async def test_a_delivery_is_kept_once(store: NotifyStores) -> None:
    one = delivery()

    (stored,) = await add(store, one)

    assert stored.delivery == one
    assert await add(store, one) == []
    assert await add(store, one, one) == []


async def test_a_person_has_one_delivery_for_a_version_of_a_case_by_each_channel(
    store: NotifyStores,
) -> None:
    first = delivery()
    again = replace(first, request_id=new_id())
    next_version = replace(first, trigger=replace(first.trigger, version=3))
    another_case = replace(first, trigger=replace(first.trigger, subject_id=new_id()))
    by_sms = replace(first, channel="sms")
    another_person = replace(first, person="bea", request_id=new_id())

    added = await add(store, first, again, next_version, another_case, by_sms, another_person)

    assert [stored.delivery for stored in added] == [
        first,
        next_version,
        another_case,
        by_sms,
        another_person,
    ]


async def test_what_is_suppressed_for_one_request_leaves_room_for_the_other(
    store: NotifyStores,
) -> None:
    silent = delivery(suppressed="not_wanted")
    sendable = replace(silent, request_id=new_id(), suppressed=None)

    assert len(await add(store, silent)) == 1
    assert len(await add(store, sendable, silent)) == 1
    assert not await add(store, replace(sendable, request_id=new_id()))


async def test_what_is_suppressed_is_never_due(store: NotifyStores) -> None:
    await add(store, delivery(suppressed="not_wanted"))

    assert not await store.deliveries.any_due(LATER)
    assert await claim(store.deliveries, now=LATER) == []


async def test_what_is_claimed_has_all_that_its_message_needs(store: NotifyStores) -> None:
    r, c = new_id(), new_id()
    day = datetime(2026, 11, 24, 16, tzinfo=UTC)
    decided = triaged(
        r,
        c,
        request={"language": "es", "location": location(address="1221 SW 4th Ave")},
        emergency=Emergency(code="live_wire", evidence="sparking"),
        referral=Referral(
            agency="EXT-PGE",
            name="PGE",
            phone="1",
            url="https://pge.example",
            reason=ReferralReason(code="utility_equipment", text="It belongs to the company."),
        ),
    )
    event = moved(c, 2, "scheduled", bureau="PBOT-MAINT", public_note="Soon", scheduled_for=day)
    await save(store, contact_given(r, name="Ana", language="es"), decided, event)
    (trigger,) = await triggers(store, [c])
    wanted = delivery(request_id=r, trigger=trigger, language="es")
    await add(store, wanted)

    (claimed,) = await claim(store.deliveries)

    (facts,) = collect_updates([decided], CONTACT_KEY).requests.values()
    assert claimed.stored.delivery == wanted
    assert (claimed.address, claimed.deferrals) == ("ana@example.org", 0)
    assert claimed.data.name == "Ana"
    assert (claimed.data.template, claimed.data.language) == ("scheduled", "es")
    assert claimed.data.request == facts
    assert facts.answer_code is None
    assert facts.agency == ReferralAgency("PGE", "1", "https://pge.example", "utility_equipment")
    assert claimed.data.case == CaseFacts("PBOT-MAINT", "Soon", None, day)


async def test_the_most_urgent_then_the_oldest_is_claimed_first_up_to_the_limit(
    store: NotifyStores,
) -> None:
    routine = await due(store, trigger={"priority": "P4"})
    later = await due(store, trigger={"priority": "P4"})
    urgent = await due(store, trigger={"priority": "P1"})

    claimed = [await claim(store.deliveries, 1) for _ in range(3)]

    assert [one.stored.delivery.request_id for (one,) in claimed] == [
        one.request_id for one in (urgent, routine, later)
    ]


async def test_what_is_claimed_is_nobody_elses(store: NotifyStores) -> None:
    await due(store)

    assert len(await claim(store.deliveries)) == 1
    assert await claim(store.another()) == []
    assert not await store.deliveries.any_due(LATER)


async def test_of_one_persons_messages_about_a_case_the_oldest_goes_first(
    store: NotifyStores,
) -> None:
    r, c = new_id(), new_id()
    for version in (3, 2):
        await due(store, version, request_id=r, case_id=c)
    other = await due(store)

    first = await claim(store.deliveries)
    while_that_is_under_way = await claim(store.deliveries)
    mine = next(one for one in first if one.stored.delivery.request_id == r)
    await store.deliveries.record([DeliveryUpdate(mine.stored, "sent", 0)])
    then = await claim(store.deliveries)

    assert {(o.stored.delivery.request_id, o.stored.delivery.trigger.version) for o in first} == {
        (r, 2),
        (other.request_id, 1),
    }
    assert while_that_is_under_way == []
    assert [one.stored.delivery.trigger.version for one in then] == [3]


async def test_an_end_is_reported_once_however_often_it_is_settled(store: NotifyStores) -> None:
    await due(store)
    (claimed,) = await claim(store.deliveries)
    settled = DeliveryUpdate(
        claimed.stored,
        "sent",
        0,
        event=delivery_event(NotificationSent, claimed.stored, NOON, provider_id="<id>"),
    )

    await store.deliveries.record([settled])
    await store.deliveries.record([settled])

    assert await store.published() == [settled.event]
    assert await claim(store.deliveries, now=LATER) == []


async def test_what_is_put_off_is_due_again_at_its_time_and_remembers_how_often(
    store: NotifyStores,
) -> None:
    await due(store)
    (claimed,) = await claim(store.deliveries)

    await store.deliveries.record(
        [DeliveryUpdate(claimed.stored, "pending", 1, "busy", not_before=LATER)]
    )

    assert not await store.deliveries.any_due(LATER - timedelta(seconds=1))
    assert await claim(store.deliveries, now=LATER - timedelta(seconds=1)) == []
    assert await store.deliveries.any_due(LATER)
    (again,) = await claim(store.deliveries, now=LATER)
    assert (again.stored, again.deferrals) == (claimed.stored, 1)


async def test_who_claimed_it_alone_settles_it(store: NotifyStores) -> None:
    await due(store)
    (claimed,) = await claim(store.deliveries)
    report = delivery_event(NotificationSent, claimed.stored, NOON, provider_id="<id>")

    await store.another().record([DeliveryUpdate(claimed.stored, "pending", 0, event=report)])

    assert await claim(store.deliveries, now=LATER) == []
    assert await store.published() == []


async def test_what_is_not_settled_in_time_is_unknown_and_stays_so(store: NotifyStores) -> None:
    await due(store)
    (claimed,) = await claim(store.deliveries)

    def report(stored: StoredDelivery) -> Event:
        return delivery_event(NotificationUnknown, stored, LATER, reason="abandoned")

    in_time = await store.another().expire_leases(LATER, report)
    ended = await store.another().expire_leases(LATER + timedelta(seconds=1), report)
    again = await store.another().expire_leases(LATER + timedelta(seconds=1), report)
    late = DeliveryUpdate(
        claimed.stored,
        "sent",
        0,
        event=delivery_event(NotificationSent, claimed.stored, LATER, provider_id="<id>"),
    )
    await store.deliveries.record([late])

    assert (in_time, list(ended), again) == ([], [claimed.stored], [])
    (published,) = await store.published()
    assert published.type == "route311.notification.unknown.v1"
    assert await claim(store.deliveries, now=LATER + timedelta(hours=1)) == []


async def test_a_reader_of_another_language_has_its_help_line(store: NotifyStores) -> None:
    request_id, case_id = new_id(), new_id()
    event = moved(case_id, 2, "in_progress")
    contact = contact_given(request_id, language="vi")
    await save(store, contact, triaged(request_id, case_id), event)
    (about,) = await triggers(store, [case_id])
    await add(store, delivery(request_id=request_id, trigger=about))
    [claimed] = await claim(store.deliveries)

    assert (claimed.data.language, claimed.data.help_language) == ("en", "vi")


async def test_a_delivery_has_the_language_that_its_message_was_sent_in(pool: Pool) -> None:
    store = PostgresStores(pool)
    request_id, case_id = new_id(), new_id()
    event = moved(case_id, 2, "in_progress")
    contact = contact_given(request_id, language="es")
    await save(store, contact, triaged(request_id, case_id), event)
    (about,) = await triggers(store, [case_id])
    await add(store, delivery(request_id=request_id, trigger=about, language="en"))
    [claimed] = await claim(store.deliveries)
    await store.deliveries.record([DeliveryUpdate(claimed.stored, "sent", 0)])

    kept = await pool.fetchval("SELECT language FROM deliveries WHERE request_id = $1", request_id)
    assert (claimed.data.language, claimed.stored.delivery.language, kept) == ("es", "es", "es")


async def test_a_clock_that_was_a_day_ahead_and_is_set_right_delays_no_message(pool: Pool) -> None:
    store = PostgresStores(pool)
    request_id, case_id = new_id(), new_id()
    event = moved(case_id, 2, "in_progress")
    await save(store, contact_given(request_id), triaged(request_id, case_id), event)
    (about,) = await triggers(store, [case_id])
    async with store.notifications() as notifications:
        one = delivery(request_id=request_id, trigger=about)
        await notifications.add([one], utc_now() + timedelta(days=1))

    assert await store.deliveries.any_due(utc_now())
    assert len(await claim(store.deliveries, now=utc_now())) == 1

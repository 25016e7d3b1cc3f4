"""One suite for what the stores in memory and in PostgreSQL do with bounces and complaints."""

from datetime import timedelta
from typing import Literal

import pytest

from services.notify.delivery.worker import DeliveryUpdate
from services.notify.rules.model import Delivery, StoredDelivery
from services.notify.rules.recipients import person_hash
from services.notify.rules.updates import MAX_PASSING, RETURNED_WITHIN, ReturnedMail
from shared.contract.events import new_id
from tests.integration.notify.stores import LATER, NotifyStores, claim, due
from tests.support.builders import NOON
from tests.support.notify.factories import CONTACT_KEY

pytestmark = pytest.mark.integration
ANA = person_hash(CONTACT_KEY, address="ana@example.org", phone=None, request_id="")


async def sent(store: NotifyStores) -> StoredDelivery:
    await due(store, person=ANA)
    (claimed,) = await claim(store.deliveries)
    await store.deliveries.record([DeliveryUpdate(claimed.stored, "sent", 0)])
    return claimed.stored


async def record_returns(
    store: NotifyStores,
    notification_id: str,
    kind: Literal["bounced", "bounced_for_now", "complained"] = "bounced",
    after: timedelta = timedelta(minutes=1),
) -> list[StoredDelivery]:
    async with store.notifications() as notifications:
        return list(
            await notifications.record_returns([ReturnedMail(notification_id, kind, NOON + after)])
        )


async def next_is_suppressed(store: NotifyStores, earlier: Delivery) -> str | None:
    """Why the next message about the case of an earlier one is not sent."""
    version = earlier.trigger.version + 1
    of_case = earlier.trigger.subject_id
    await due(store, version, request_id=earlier.request_id, case_id=of_case, person=ANA)
    (claimed,) = await claim(store.deliveries, now=LATER)
    await store.deliveries.record([DeliveryUpdate(claimed.stored, "suppressed", 0)])
    return claimed.suppressed


async def test_an_address_that_takes_no_mail_gets_no_more(store: NotifyStores) -> None:
    first = await sent(store)

    assert await record_returns(store, first.notification_id) == [first]
    assert await record_returns(store, first.notification_id) == []

    assert await next_is_suppressed(store, first.delivery) == "bounced"


async def test_who_complains_gets_no_more_and_the_message_stays_sent(store: NotifyStores) -> None:
    first = await sent(store)

    assert await record_returns(store, first.notification_id, "complained") == []

    assert await next_is_suppressed(store, first.delivery) == "complained"


async def test_an_address_that_fails_for_now_gets_more_until_the_third_failure(
    store: NotifyStores,
) -> None:
    first = await sent(store)
    found = [first]
    for version in range(2, MAX_PASSING + 1):
        assert await record_returns(store, found[-1].notification_id, "bounced_for_now")
        of_case = {
            "request_id": first.delivery.request_id,
            "case_id": first.delivery.trigger.subject_id,
        }
        await due(store, version, person=ANA, **of_case)
        (claimed,) = await claim(store.deliveries, now=LATER)
        assert claimed.suppressed is None
        await store.deliveries.record([DeliveryUpdate(claimed.stored, "sent", 0)])
        found.append(claimed.stored)
    await record_returns(store, found[-1].notification_id, "bounced_for_now")

    assert await next_is_suppressed(store, found[-1].delivery) == "bounced"


async def test_a_report_about_nothing_that_was_sent_silences_nobody(store: NotifyStores) -> None:
    first = await sent(store)

    assert await record_returns(store, new_id()) == []
    assert await record_returns(store, first.notification_id, after=2 * RETURNED_WITHIN) == []
    assert await next_is_suppressed(store, first.delivery) is None
    waiting = await due(store, person=ANA)
    (claimed,) = await claim(store.deliveries)
    await store.deliveries.record([DeliveryUpdate(claimed.stored, "pending", 0, not_before=LATER)])
    assert await record_returns(store, claimed.stored.notification_id) == []

    assert await next_is_suppressed(store, waiting) is None

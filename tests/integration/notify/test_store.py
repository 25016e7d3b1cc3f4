"""One suite for what the stores in memory and in PostgreSQL know of followers and triggers."""

from dataclasses import replace

import pytest

from services.notify.inbound import collect_updates
from shared.contract.events import new_id
from shared.vocabulary import StatusChannel
from tests.integration.notify.stores import (
    NotifyStores,
    add,
    claim,
    followers,
    save,
    triggers,
)
from tests.support.builders import NOON, contact_given
from tests.support.notify.factories import (
    CONTACT_KEY,
    POLICY,
    attached,
    closed,
    delivery,
    moved,
    opened,
    placed,
    split,
    triaged,
)

pytestmark = pytest.mark.integration


async def test_a_follower_is_there_once_all_is_known_of_it(store: NotifyStores) -> None:
    r, c = new_id(), new_id()
    await save(store, opened(r, c))
    assert await followers(store, [r], [c]) == []
    await save(store, contact_given(r))
    assert await followers(store, [r], [c]) == []
    await save(store, triaged(r, c))

    assert await followers(store, [r]) == [(r, c, 1, None)]
    assert await followers(store, [], [c]) == [(r, c, 1, None)]
    assert await followers(store, [new_id()], [new_id()]) == []


async def test_a_follower_has_the_ways_and_languages_that_were_given(store: NotifyStores) -> None:
    r, c = new_id(), new_id()
    given = contact_given(
        r, email=None, phone="+15035550100", language="ru", status_updates=("sms", "email")
    )
    await save(store, given, triaged(r, c, request={"language": "es"}), opened(r, c))

    async with store.notifications() as notifications:
        (found,) = await notifications.followers([r], [])

    (expected,) = collect_updates([given], CONTACT_KEY).contacts.values()
    contacts: dict[StatusChannel, str] = {"email": expected.flood_key}
    assert found.recipient == replace(expected.recipient, languages=("ru", "es"), contacts=contacts)


async def test_a_later_contact_counts_and_a_later_decision_does_not(store: NotifyStores) -> None:
    r, c = new_id(), new_id()
    await save(store, contact_given(r, email="old@example.org"), triaged(r, c), opened(r, c))
    await save(
        store,
        contact_given(r, email="new@example.org"),
        triaged(r, c, tracking_number="26-SECOND"),
    )
    first = triaged(r, c).data.tracking_number
    (welcome,) = await triggers(store, [c], [r])
    await add(store, delivery(request_id=r, trigger=welcome))

    (claimed,) = await claim(store.deliveries)

    assert claimed.address == "new@example.org"
    assert claimed.data.request.tracking_number == first


async def test_coming_and_leaving_are_known_in_either_order(store: NotifyStores) -> None:
    r1, r2, c = new_id(), new_id(), new_id()
    for r in (r1, r2):
        await save(store, contact_given(r), triaged(r, c))
    await save(store, opened(r1, c))
    await save(store, split(r1, c, 3))
    await save(store, split(r2, c, 4))
    assert await followers(store, [r2]) == []
    await save(store, attached(r2, c, 2))

    assert await followers(store, [], [c]) == sorted([(r1, c, 1, 3), (r2, c, 2, 4)])


async def test_occasions_are_those_for_all_and_those_for_the_requests_asked_for(
    store: NotifyStores,
) -> None:
    r1, r2, c = new_id(), new_id(), new_id()
    await save(store, opened(r1, c), attached(r2, c, 2), moved(c, 3, "in_progress"))
    await save(store, closed(c, 4))

    event = await triggers(store, [c], [r2])

    assert [(o.version, o.only_for) for o in event] == [(2, r2), (3, None), (4, None)]
    assert await triggers(store, [new_id()], [r1]) == []


async def test_an_occasion_comes_back_as_it_was(store: NotifyStores) -> None:
    picture = {"url": "https://311.example.org/v1/media/0197a1b2c3d470008000"}
    event = moved(new_id(), 3, "in_progress", media=[picture]).model_copy(
        update={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    )
    r = new_id()
    joined = attached(r, event.data.case_id, 4, request_count=30, first_reported_at=NOON)
    told = [event, joined, placed(r, "gresham")]
    await save(store, *told)

    expected = collect_updates(told, CONTACT_KEY, POLICY.neighbours).triggers.values()
    assert await triggers(store, [event.data.case_id, r], [r]) == list(expected)


async def test_the_first_word_on_a_version_counts(store: NotifyStores) -> None:
    c = new_id()
    await save(store, moved(c, 2, "scheduled"))
    await save(store, moved(c, 2, "in_progress"))

    assert [o.template for o in await triggers(store, [c])] == ["scheduled"]

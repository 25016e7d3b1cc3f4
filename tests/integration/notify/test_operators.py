"""What operators see of messages, and decide about them, on the real database."""

from datetime import timedelta

import pytest

from services.notify.rules.updates import settled_from
from services.notify.store.deliveries import (
    count_suppressed,
    find_message,
    latest_messages,
    list_unknown,
    settle,
)
from shared.contract.events import new_id
from shared.runtime.postgres import Pool, transaction
from tests.integration.notify.stores import PostgresStores, add, claim, due, save
from tests.support.builders import NOON, contact_given
from tests.support.notify.factories import LANGUAGE_RULES, delivery, moved, opened, triaged

pytestmark = pytest.mark.integration


async def test_an_unknown_message_is_listed_until_it_is_settled_and_never_sent_again(
    pool: Pool,
) -> None:
    store = PostgresStores(pool)
    await due(store)
    (claimed,) = await claim(store.deliveries)
    await pool.execute("UPDATE deliveries SET state = 'unknown', reason = 'abandoned'")
    message = claimed.stored.notification_id

    async with transaction(pool) as db:
        (listed,) = await list_unknown(db)
        assert (listed["notification_id"], listed["reason"]) == (message, "abandoned")
        (settled,) = await settle(db, [message], states=settled_from("sent"), state="sent")
        assert settled.notification_id == message
        assert await settle(db, [message], states=settled_from("sent"), state="sent") == []
        assert await list_unknown(db) == []
    assert await claim(store.deliveries, now=NOON + timedelta(days=9)) == []


async def test_what_is_not_sent_is_counted_by_reason(pool: Pool) -> None:
    store = PostgresStores(pool)
    for person in ("ana", "ana", "bea"):
        await add(store, delivery(person=person, suppressed="not_wanted"))
    await add(store, delivery(suppressed="no_channel", channel="sms"))

    async with transaction(pool) as db:
        counted = await count_suppressed(db, NOON)
        later = await count_suppressed(db, NOON + timedelta(seconds=1))

    assert [tuple(one.values())[:4] for one in counted] == [
        ("not_wanted", "email", 3, 2),
        ("no_channel", "sms", 1, 1),
    ]
    assert later == []


async def test_a_preview_has_the_details_of_the_event_and_not_the_name(pool: Pool) -> None:
    request_id, case_id = new_id(), new_id()
    await save(
        PostgresStores(pool),
        contact_given(request_id, name="Ana"),
        triaged(request_id, case_id),
        opened(request_id, case_id),
        moved(case_id, 2, "in_progress", public_note="On our way"),
    )

    async with transaction(pool) as db:
        data = await find_message(db, case_id, "in_progress", "es", LANGUAGE_RULES)
        nobody = await find_message(db, new_id(), "in_progress", "es", LANGUAGE_RULES)

    assert data
    assert (data.template, data.language, data.name) == ("in_progress", "es", None)
    assert (data.request.request_id, data.case.note) == (request_id, "On our way")
    assert nobody is None


async def test_the_log_has_the_newest_first_and_of_a_case_its_own_alone(pool: Pool) -> None:
    store = PostgresStores(pool)
    first = await due(store)
    second = await due(store, language="es")
    case_id = first.trigger.subject_id
    await save(store, opened(first.request_id, case_id))

    async with transaction(pool) as db:
        latest = await latest_messages(db, 10)
        one = await latest_messages(db, 1)
        of_case = await latest_messages(db, 10, case_id)

    assert [(message["language"], message["state"]) for message in latest] == [
        ("es", "pending"),
        ("en", "pending"),
    ]
    assert one == latest[:1]
    assert of_case == latest[1:]
    assert latest[0]["contact"] == second.person

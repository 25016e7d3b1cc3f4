import pytest

from services.notify.inbound import collect_updates
from shared.contract.events import ContactErased, NotificationSuppressed, new_id
from shared.contract.topics import INTAKE_CONTACTS, NOTIFY_DELIVERIES
from shared.runtime.postgres import Pool
from tests.integration.notify.conftest import RunNotify
from tests.integration.notify.stores import NotifyStores, followers, save
from tests.support.builders import NOON, contact_given
from tests.support.notify.factories import CONTACT_KEY, opened, triaged
from tests.support.notify.mail_server import MailServer
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


def erased(request_id: str) -> ContactErased:
    return ContactErased.of_tombstone(request_id.encode(), NOON)


async def test_an_erased_contact_is_nobody_to_tell_any_more(store: NotifyStores) -> None:
    r, c = new_id(), new_id()
    await save(store, contact_given(r), triaged(r, c), opened(r, c))
    await save(store, erased(r))

    assert await followers(store, [r]) == []


def test_of_a_contact_and_its_erasure_the_erasure_counts_in_either_order() -> None:
    r = new_id()

    for events in ([contact_given(r), erased(r)], [erased(r), contact_given(r)]):
        updates = collect_updates(events, CONTACT_KEY)
        assert (updates.contacts, updates.erased) == ({}, {r})


async def test_a_contact_that_comes_again_after_its_erasure_stays_erased(
    store: NotifyStores,
) -> None:
    r, c = new_id(), new_id()
    await save(store, contact_given(r), triaged(r, c), opened(r, c))
    await save(store, erased(r))
    await save(store, contact_given(r))

    assert await followers(store, [r]) == []


async def test_an_erasure_that_comes_before_its_contact_counts(store: NotifyStores) -> None:
    r, c = new_id(), new_id()
    await save(store, erased(r))
    await save(store, contact_given(r), triaged(r, c), opened(r, c))

    assert await followers(store, [r]) == []


async def test_a_tombstone_leaves_no_contact_data_is_not_parked_and_what_was_due_is_not_sent(
    running: RunNotify, mail: MailServer, pool: Pool, topic_log: TopicLog
) -> None:
    request_id, case_id = new_id(), new_id()
    await topic_log.publish(contact_given(request_id, email="ana@example.org", name="Ana"))
    async with running():
        await eventually(lambda: _knows(pool, "sealed_mailbox IS NOT NULL"))
        await topic_log.write(INTAKE_CONTACTS, request_id, None)
        await topic_log.publish(triaged(request_id, case_id), opened(request_id, case_id))
        await eventually(
            lambda: _knows(pool, "sealed_mailbox IS NULL AND tracking_number IS NOT NULL")
        )

    [row] = await pool.fetch("SELECT * FROM requests")
    assert row["person"] is row["sealed_name"] is row["wants_email"] is None
    assert mail.mails == []
    assert await topic_log.records("intake-contacts-dlq") == []


async def _knows(pool: Pool, what: str) -> bool:
    known: bool = await pool.fetchval(
        f"SELECT EXISTS (SELECT FROM requests WHERE {what})"  # noqa: S608 - words of this test
    )
    return known


async def test_what_was_due_already_is_suppressed_as_its_contact_is_erased(
    running: RunNotify, pool: Pool, topic_log: TopicLog, mail: MailServer
) -> None:
    request_id, case_id = new_id(), new_id()
    mail.replies["ana@example.org"] = "450 4.2.1 busy"
    async with running():
        await topic_log.publish(
            contact_given(request_id, email="ana@example.org"),
            triaged(request_id, case_id),
            opened(request_id, case_id),
        )
        await eventually(lambda: _is_deferrals(pool))
        await topic_log.write(INTAKE_CONTACTS, request_id, None)
        await eventually(lambda: _knows(pool, "sealed_mailbox IS NULL"))
        [event] = await topic_log.at_least(1, NOTIFY_DELIVERIES)

    assert isinstance(event, NotificationSuppressed)
    assert event.data.reason == "erased"
    assert await pool.fetchval("SELECT state FROM deliveries") == "suppressed"


async def test_who_reads_from_the_beginning_writes_to_nobody_whose_tombstone_lies_ahead(
    running: RunNotify, mail: MailServer, pool: Pool, topic_log: TopicLog
) -> None:
    """The tombstone is a thousand records behind the contact, which one batch does not hold."""
    request_id, case_id = new_id(), new_id()
    others = [contact_given(new_id()) for _ in range(1_000)]
    await topic_log.publish(
        contact_given(request_id, email="ana@example.org"),
        triaged(request_id, case_id),
        opened(request_id, case_id),
        *others,
    )
    await topic_log.write(INTAKE_CONTACTS, request_id, None)
    last, its_case = new_id(), new_id()
    await topic_log.publish(
        contact_given(last, email="bea@example.org"),
        triaged(last, its_case),
        opened(last, its_case),
    )
    async with running():

        async def mailed() -> bool:
            return bool(mail.mails)

        await eventually(mailed)

    assert [to for to, _ in mail.mails] == ["bea@example.org"]
    assert not await _knows(pool, f"request_id = '{request_id}' AND sealed_mailbox IS NOT NULL")


async def _is_deferrals(pool: Pool) -> bool:
    return bool(await pool.fetchval("SELECT EXISTS (SELECT FROM deliveries WHERE deferrals > 0)"))


async def test_a_tombstone_whose_key_is_no_request_is_parked(
    running: RunNotify, topic_log: TopicLog
) -> None:
    async with running():
        await topic_log.write(INTAKE_CONTACTS, "no request", None)

        async def parked() -> int:
            return len(await topic_log.records("intake-contacts-dlq"))

        await eventually(parked)

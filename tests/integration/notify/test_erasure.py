import pytest

from services.notify.inbound import collect_updates
from shared.contract.events import ContactErased, NotificationFailed, new_id
from shared.contract.topics import INTAKE_CONTACTS, NOTIFY_DELIVERIES
from shared.runtime.postgres import Pool
from tests.builders import NOON, contact_given
from tests.integration.notify.conftest import RunNotify
from tests.integration.notify.mail_server import MailServer
from tests.integration.notify.stores import NotifyStores, followers, save
from tests.topic_log import TopicLog
from tests.unit.notify.factories import CONTACT_KEY, opened, triaged
from tests.waiting import eventually

pytestmark = pytest.mark.integration


def erased(request_id: str) -> ContactErased:
    return ContactErased.of_tombstone(request_id.encode(), NOON)


async def test_an_erased_contact_is_nobody_to_tell_any_more(store: NotifyStores) -> None:
    r, c = new_id(), new_id()
    await save(store, contact_given(r), triaged(r, c), opened(r, c))
    await save(store, erased(r))

    assert await followers(store, [r]) == []


def test_of_a_contact_and_its_erasure_the_last_counts() -> None:
    r = new_id()

    assert collect_updates([contact_given(r), erased(r)], CONTACT_KEY).contacts == {}
    assert collect_updates([erased(r), contact_given(r)], CONTACT_KEY).erased == set()


async def test_a_tombstone_leaves_no_contact_data_is_not_parked_and_what_was_due_is_not_sent(
    running: RunNotify, mail: MailServer, pool: Pool, topic_log: TopicLog
) -> None:
    request_id, case_id = new_id(), new_id()
    await topic_log.publish(contact_given(request_id, email="ana@example.org", name="Ana"))
    async with running():
        await eventually(lambda: _knows(pool, "mailbox IS NOT NULL"))
        await topic_log.write(INTAKE_CONTACTS, request_id, None)
        await topic_log.publish(triaged(request_id, case_id), opened(request_id, case_id))
        await eventually(lambda: _knows(pool, "mailbox IS NULL AND tracking_number IS NOT NULL"))

    [row] = await pool.fetch("SELECT * FROM requests")
    assert row["person"] is row["name"] is row["wants_email"] is None
    assert mail.mails == []
    assert await topic_log.records("intake-contacts-dlq") == []


async def _knows(pool: Pool, what: str) -> bool:
    known: bool = await pool.fetchval(
        f"SELECT EXISTS (SELECT FROM requests WHERE {what})"  # noqa: S608 - words of this test
    )
    return known


async def test_what_was_due_already_fails_as_its_contact_is_gone(
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
        await eventually(lambda: _is_put_off(pool))
        await topic_log.write(INTAKE_CONTACTS, request_id, None)
        await eventually(lambda: _knows(pool, "mailbox IS NULL"))
        await pool.execute("UPDATE deliveries SET not_before = now() - interval '1 hour'")
        [event] = await topic_log.at_least(1, NOTIFY_DELIVERIES)

    assert isinstance(event, NotificationFailed)
    assert event.data.reason == "contact_gone"


async def _is_put_off(pool: Pool) -> bool:
    return bool(await pool.fetchval("SELECT EXISTS (SELECT FROM deliveries WHERE put_off > 0)"))


async def test_a_tombstone_whose_key_is_no_request_is_parked(
    running: RunNotify, topic_log: TopicLog
) -> None:
    async with running():
        await topic_log.write(INTAKE_CONTACTS, "no request", None)

        async def parked() -> int:
            return len(await topic_log.records("intake-contacts-dlq"))

        await eventually(parked)

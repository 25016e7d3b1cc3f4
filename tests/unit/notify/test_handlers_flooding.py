from collections import Counter

import pytest

from shared.contract.events import Event, NotificationSuppressed, new_id
from tests.support.builders import contact_given
from tests.support.notify.factories import attached, closed, opened, triaged
from tests.support.notify.fakes import InMemoryNotify
from tests.unit.notify.handling import ANA, BEA, due, handle


def reports(count: int, email: str = ANA, **contact: object) -> list[Event]:
    """As many reports of different problems that name one address; ``{n}`` in it is a number."""
    events: list[Event] = []
    for n in range(count):
        request_id, case_id = new_id(), new_id()
        events += [
            contact_given(request_id, email=email.format(n=n), **contact),
            triaged(request_id, case_id),
            opened(request_id, case_id),
        ]
    return events


def reasons(events: list[Event]) -> Counter[str | None]:
    return Counter(e.data.reason for e in events if isinstance(e, NotificationSuppressed))


async def test_the_first_six_are_answered_a_digest_follows_and_the_flood_is_held() -> None:
    store = InMemoryNotify()

    produced = await handle(store, reports(30), reports(30))

    assert Counter(template for _, template, *_ in due(store)) == {"received": 6, "digest": 1}
    assert [row.state for row in store.rows].count("held") == 40
    assert reasons(produced) == {"daily_limit": 14, "contact_flooded": 40}


@pytest.mark.parametrize(
    ("email", "channel"), [("{n}@example.org", "sms"), ("ana+{n}@example.org", "email")]
)
async def test_ever_new_addresses_of_one_number_or_mailbox_have_its_limits(
    email: str, channel: str
) -> None:
    store = InMemoryNotify()
    contact = {"phone": "+15035550177", "phone_ref": "ref", "status_updates": (channel,)}

    produced = await handle(
        store, reports(15, email, **contact), reports(15, email.replace("{n}", "1{n}"), **contact)
    )

    assert Counter(template for _, template, *_ in due(store)) == {"received": 6, "digest": 1}
    assert reasons(produced) == {"daily_limit": 14, "contact_flooded": 10}


async def test_somebody_else_hears_all_the_same() -> None:
    store = InMemoryNotify()

    await handle(store, reports(30), reports(3, BEA))

    assert [to for to, *_ in due(store)].count(BEA) == 3


async def test_an_emergency_is_held_too_since_anybody_can_write_one() -> None:
    store = InMemoryNotify()
    request_id, case_id = new_id(), new_id()
    urgent = triaged(request_id, case_id, emergency={"code": "live_wire", "evidence": "sparks"})

    await handle(
        store, reports(20), [contact_given(request_id), urgent, opened(request_id, case_id)]
    )

    assert store.rows[-1].state == "held"


async def test_in_one_case_the_request_before_the_flood_is_the_one_that_is_written_about() -> None:
    store = InMemoryNotify()
    first, case_id = new_id(), new_id()
    await handle(
        store, [contact_given(first), triaged(first, case_id), opened(first, case_id)], reports(19)
    )
    store.rows.clear()  # the limit of a day is not what this is about
    later = new_id()
    await handle(
        store,
        [contact_given(later), triaged(later, case_id), attached(later, case_id, 2)],
        [closed(case_id, 3)],
    )

    about = {(r.stored.delivery.trigger.template, r.state) for r in store.rows}
    assert ("completed", "pending") in about
    assert ("completed", "held") not in about
    assert ("attached", "held") in about


async def test_the_same_contact_again_changes_nothing() -> None:
    store = InMemoryNotify()
    first = reports(20)

    await handle(store, first, reports(30), first)

    assert len(due(store)) == 7
    assert len(store.rows) == 51

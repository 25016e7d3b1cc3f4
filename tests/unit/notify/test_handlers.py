import random
from itertools import pairwise

import pytest

from shared.contract.events import Event, NotificationSuppressed, new_id
from tests.support.builders import contact_given
from tests.support.notify.factories import (
    attached,
    closed,
    moved,
    opened,
    placed,
    triaged,
)
from tests.support.notify.fakes import InMemoryNotify
from tests.unit.notify.handling import ANA, BEA, CARLA, DORA, due, handle


def story() -> list[Event]:
    """Two reporters, one case from its opening to its end, a referral, and a place told later."""
    r1, r2, r3, r4, case, danger = (new_id() for _ in range(6))
    return [
        contact_given(r1, email=ANA),
        triaged(r1, case),
        opened(r1, case),
        moved(case, 2, "acknowledged"),
        contact_given(r2, email=BEA, language="es"),
        triaged(r2, case, outcome="new"),
        attached(r2, case, version=3),
        moved(case, 4, "in_progress"),
        closed(case, 5),
        contact_given(r3, email=CARLA),
        triaged(r3, None, outcome="referral"),
        contact_given(r4, email=DORA),
        triaged(r4, danger),
        opened(r4, danger),
        placed(r4, "gresham"),
    ]


EXPECTED = [
    (ANA, "acknowledged", 2, "en"),
    (ANA, "completed", 5, "en"),
    (ANA, "in_progress", 4, "en"),
    (ANA, "received", 1, "en"),
    (BEA, "attached", 3, "es"),
    (BEA, "completed", 5, "es"),
    (BEA, "in_progress", 4, "es"),
    (CARLA, "referred", 0, "en"),
    (DORA, "outside_city", 0, "en"),
    (DORA, "received", 1, "en"),
]


async def test_all_followers_hear_each_step_once_in_their_own_language() -> None:
    store = InMemoryNotify()

    produced = await handle(store, story())

    assert due(store) == EXPECTED
    assert produced == []


@pytest.mark.parametrize("seed", range(200))
async def test_every_order_of_arrival_in_batches_of_every_size_gives_the_same_messages(
    seed: int,
) -> None:
    rng = random.Random(seed)
    events = story()
    rng.shuffle(events)
    cuts = sorted(rng.sample(range(len(events) + 1), k=4))
    bounds = [0, *cuts, len(events)]
    store = InMemoryNotify()

    await handle(store, *(events[a:b] for a, b in pairwise(bounds)))

    assert due(store) == EXPECTED


async def test_the_same_events_again_make_no_second_message() -> None:
    store = InMemoryNotify()
    events = story()

    await handle(store, events, events, list(reversed(events)))

    assert due(store) == EXPECTED


async def test_each_hears_with_the_number_of_their_own_request() -> None:
    r1, r2, case = (new_id() for _ in range(3))
    store = InMemoryNotify()

    await handle(
        store,
        [contact_given(r1, email=ANA), triaged(r1, case), opened(r1, case)],
        [contact_given(r2, email=BEA), triaged(r2, case), attached(r2, case, 2)],
        [closed(case, 3)],
    )

    ends = [row.stored.delivery for row in store.rows if row.stored.delivery.trigger.version == 3]
    assert {(str(store.contacts[d.request_id].mailbox), d.request_id) for d in ends} == {
        (ANA, r1),
        (BEA, r2),
    }


async def test_a_person_with_two_requests_in_a_case_hears_each_step_once() -> None:
    r1, r2, case = (new_id() for _ in range(3))
    store = InMemoryNotify()

    await handle(
        store,
        [contact_given(r1, email=ANA), triaged(r1, case), opened(r1, case)],
        [contact_given(r2, email="ANA@example.org"), triaged(r2, case), attached(r2, case, 2)],
        [moved(case, 3, "in_progress"), closed(case, 4)],
    )

    assert [(template, version) for _, template, version, _ in due(store)] == [
        ("attached", 2),
        ("completed", 4),
        ("in_progress", 3),
        ("received", 1),
    ]


async def test_a_person_who_wants_no_messages_for_one_request_has_them_for_the_other() -> None:
    r1, r2, case = (new_id() for _ in range(3))
    silent = contact_given(r1, email=ANA, status_updates=())
    store = InMemoryNotify()

    produced = await handle(
        store,
        [silent, triaged(r1, case), opened(r1, case)],
        [closed(case, 3)],
        [contact_given(r2, email=ANA), triaged(r2, case), attached(r2, case, 2)],
    )

    assert [t for _, t, _, _ in due(store)] == ["attached", "completed"]
    assert [(e.data.request_id, e.data.reason) for e in produced] == [(r1, "not_wanted")] * 2


async def test_nobody_is_waited_for_when_the_reporter_is_anonymous() -> None:
    r1, case = new_id(), new_id()
    store = InMemoryNotify()

    produced = await handle(
        store,
        [
            triaged(r1, case, request={"reporter_ref": None, "channel": "phone"}),
            opened(r1, case),
            closed(case, 2),
        ],
        [contact_given(r1)],
    )

    assert (store.rows, produced) == ([], [])


@pytest.mark.parametrize(
    ("changes", "channel", "reason"),
    [
        pytest.param({"status_updates": ()}, "email", "not_wanted", id="no message wanted"),
        pytest.param({"email": None}, "email", "no_channel", id="no address"),
        pytest.param({"email": "nowhere"}, "email", "no_channel", id="no usable address"),
        pytest.param({"status_updates": ("sms",)}, "sms", "no_channel", id="no number"),
    ],
)
async def test_what_is_due_but_not_to_be_sent_is_reported_once_with_the_reason(
    changes: dict[str, object], channel: str, reason: str
) -> None:
    r1, case = new_id(), new_id()
    events = [contact_given(r1, **changes), triaged(r1, case), opened(r1, case)]
    store = InMemoryNotify()

    produced = await handle(store, events, events)

    (report,) = produced
    assert isinstance(report, NotificationSuppressed)
    assert (report.data.channel, report.data.reason) == (channel, reason)
    assert report.data.contact_hash == store.contacts[r1].recipient.person
    assert (report.data.case_id, report.data.case_version) == (case, 1)
    assert report.correlationid == r1
    assert report.causationid == events[2].id
    assert due(store) == []


async def test_a_report_about_a_request_without_a_case_names_none() -> None:
    r1 = new_id()

    (report,) = await handle(
        InMemoryNotify(),
        [contact_given(r1, status_updates=()), triaged(r1, None, outcome="referral")],
    )

    assert (report.data.request_id, report.data.case_id, report.data.case_version) == (
        r1,
        None,
        None,
    )


async def test_reports_hold_no_contact_data() -> None:
    r1, case = new_id(), new_id()
    canary = contact_given(
        r1,
        name="Canary Name",
        email="canary@example.org",
        phone="+15035550199",
        status_updates=(),
    )

    (report,) = await handle(InMemoryNotify(), [canary, triaged(r1, case), opened(r1, case)])

    serialized = report.model_dump_json().lower()
    assert not any(word in serialized for word in ("canary", "example.org", "5035550199"))

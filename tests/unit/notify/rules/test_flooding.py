from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

import pytest

from services.notify.inbound import collect_updates
from services.notify.rules.daily_limit import MAX_REQUESTS, WINDOW, Naming, flooded_requests
from services.notify.rules.model import ReporterContact
from shared.contract.events import new_id
from shared.email_address import without_tag
from tests.support.builders import NOON, contact_given
from tests.support.notify.factories import CONTACT_KEY


def named(
    at: datetime = NOON, email: str = "ana@example.org", **changes: object
) -> ReporterContact:
    event = contact_given(new_id(), email=email, **changes).model_copy(update={"time": at})
    (contact,) = collect_updates([event], CONTACT_KEY).contacts.values()
    return contact


def let_through(contacts: list[ReporterContact], known: Mapping[Naming, int] | None = None) -> int:
    return len(contacts) - len(flooded_requests(contacts, known or {}))


def test_twenty_requests_in_an_hour_pass_and_the_next_is_held() -> None:
    contacts = [named() for _ in range(21)]

    assert flooded_requests(contacts, {}).keys() == {contacts[-1].request_id}


@pytest.mark.parametrize(("known", "held"), [(MAX_REQUESTS - 1, False), (MAX_REQUESTS, True)])
def test_what_was_known_before_counts(known: int, held: bool) -> None:
    contact = named()

    namings = {(contact.request_id, contact.flood_key): known}
    assert bool(flooded_requests([contact], namings)) is held


def test_an_hour_later_the_next_passes_and_a_moment_earlier_it_does_not() -> None:
    first = [named() for _ in range(MAX_REQUESTS)]

    assert let_through([*first, named(NOON + WINDOW)]) == MAX_REQUESTS + 1
    assert let_through([*first, named(NOON + WINDOW - timedelta(seconds=1))]) == MAX_REQUESTS


@pytest.mark.parametrize("seed", range(20))
def test_of_any_hour_at_most_twenty_pass_in_whatever_order_they_come(seed: int) -> None:
    random = Random(seed)
    contacts = [named(NOON + timedelta(seconds=random.uniform(0, 20_000))) for _ in range(300)]
    held = flooded_requests(contacts, {})
    passed = sorted(c.received_at for c in contacts if c.request_id not in held)

    assert all(sum(at <= other < at + WINDOW for other in passed) <= MAX_REQUESTS for at in passed)
    assert len(passed) >= MAX_REQUESTS


def test_other_contacts_are_counted_apart() -> None:
    assert let_through([named(email=f"{n}@example.org") for n in range(100)]) == 100


def test_a_tag_and_the_case_of_letters_make_no_other_contact() -> None:
    contacts = [named(email=f"Ana+{n}@example.org") for n in range(50)]

    assert let_through([*contacts, named(email="ana@example.org")]) == MAX_REQUESTS
    assert without_tag("+only@example.org") == "+only@example.org"


def test_a_number_that_ever_new_addresses_name_is_flooded_if_texts_go_to_it() -> None:
    texted = [
        named(email=f"{n}@example.org", phone_ref="ref", status_updates=("sms",)) for n in range(50)
    ]
    only_given = [named(email=f"{n}@example.net", phone_ref="ref") for n in range(50)]

    held = flooded_requests([*texted, *only_given], {})
    assert held == {one.request_id: "ref" for one in texted[MAX_REQUESTS:]}

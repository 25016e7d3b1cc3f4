from datetime import UTC, datetime

import pytest

from services.notify.inbound import Updates, collect_updates
from shared.contract.events import Advice, Emergency, Event, Referral, ReferralReason, new_id
from tests.builders import contact_given, location
from tests.unit.notify.factories import (
    CONTACT_KEY,
    attached,
    closed,
    lowered,
    moved,
    opened,
    raised,
    reopened,
    split,
    triaged,
)

R, C = new_id(), new_id()
WHY = ReferralReason(code="utility_equipment", text="It belongs to the company.")


def news(*events: Event) -> Updates:
    return collect_updates(events, CONTACT_KEY)


def test_a_contact_says_where_a_message_can_go_and_by_which_channels() -> None:
    given = contact_given(R, phone="+15035550100", name="Ana", language="es-MX")

    (known,) = news(given).contacts.values()

    assert (known.request_id, known.mailbox, known.name) == (R, "ana@example.org", "Ana")
    assert known.recipient.wants == {"email"}
    assert known.recipient.has == {"email", "sms"}
    assert known.recipient.languages == ("es-MX",)


def test_an_address_that_cannot_be_written_to_is_none() -> None:
    (known,) = news(contact_given(R, email="nowhere")).contacts.values()

    assert known.mailbox is None
    assert known.recipient.has == set()


def test_of_two_contacts_of_a_request_the_last_counts() -> None:
    (known,) = news(
        contact_given(R, email="old@example.org"), contact_given(R, email="new@example.org")
    ).contacts.values()

    assert known.mailbox == "new@example.org"


def test_a_decision_says_what_a_message_about_the_request_needs() -> None:
    decided = triaged(
        R,
        C,
        request={"language": "es", "location": location(address="1221 SW 4th Ave")},
        emergency=Emergency(code="live_wire", evidence="sparking"),
        referral=Referral(agency="EXT-PGE", name="PGE", phone="503-228-6322", url=None, reason=WHY),
    )

    (known,) = news(decided).requests.values()

    assert (known.request_id, known.tracking_number) == (R, decided.data.tracking_number)
    assert (known.jurisdiction, known.service_code) == ("portland.gov", "ROW-POTHOLE")
    assert (known.language, known.address, known.emergency) == ("es", "1221 SW 4th Ave", True)
    assert known.agency is not None
    assert (known.agency.name, known.agency.phone) == ("PGE", "503-228-6322")
    assert known.agency.reason_code == "utility_equipment"


def test_of_two_decisions_about_a_request_the_first_counts() -> None:
    (known,) = news(
        triaged(R, C, tracking_number="26-FIRST"), triaged(R, C, tracking_number="26-SECOND")
    ).requests.values()

    assert known.tracking_number == "26-FIRST"


def test_a_decision_about_an_anonymous_request_says_nothing() -> None:
    anonymous = triaged(R, None, outcome="referral", request={"reporter_ref": None})

    assert news(anonymous) == Updates()


def test_a_referral_is_told_to_its_reporter_although_there_is_no_case() -> None:
    known = news(triaged(R, None, outcome="referral"))

    (announcement,) = known.triggers.values()
    assert announcement.trigger.key == (R, 0)
    assert (announcement.trigger.template, announcement.trigger.only_for) == ("referred", R)
    assert known.memberships[R, R].since == 0


def test_an_answer_is_told_to_its_reporter_although_there_is_no_case() -> None:
    answer = Advice(code="garbage_day", text="It is on Monday.")
    known = news(triaged(R, None, outcome="answered", advice=(answer,)))

    (announcement,) = known.triggers.values()
    assert announcement.trigger.key == (R, 0)
    assert (announcement.trigger.template, announcement.trigger.only_for) == ("answered", R)
    assert known.requests[R].answer_code == "garbage_day"


def test_advice_beside_a_case_is_no_answer() -> None:
    known = news(triaged(R, C, advice=(Advice(code="call_911", text="Call 911."),)))

    assert known.requests[R].answer_code is None


def test_an_agency_beside_a_case_makes_no_message_of_its_own() -> None:
    referral = Referral(agency="EXT-PGE", name="PGE")

    assert not news(triaged(R, C, referral=referral)).triggers


def test_opening_and_joining_make_followers_and_welcome_each_alone() -> None:
    known = news(opened("r1", C), attached("r2", C, version=2))

    assert [(m.request_id, m.since) for m in known.memberships.values()] == [("r1", 1), ("r2", 2)]
    welcomes = [a.trigger for a in known.triggers.values()]
    assert [(w.template, w.only_for) for w in welcomes] == [("received", "r1"), ("attached", "r2")]
    assert known.broadcast_cases == set()


def test_who_joins_a_closed_case_is_told_so() -> None:
    known = news(attached(R, C, version=5, status="completed"))

    assert [a.trigger.template for a in known.triggers.values()] == ["already_closed"]


def test_moves_and_ends_are_told_to_all_with_what_the_bureau_says() -> None:
    day = datetime(2026, 11, 24, 16, tzinfo=UTC)
    known = news(
        moved(C, 2, "scheduled", bureau="PBOT-MOD", public_note="Soon", scheduled_for=day),
        closed(C, 3, "declined", public_note="Sorry", reason="Private land"),
        reopened(C, 4),
    )

    scheduled, declined, again = known.triggers.values()
    assert scheduled.trigger.template == "scheduled"
    assert (scheduled.facts.bureau, scheduled.facts.note) == ("PBOT-MOD", "Soon")
    assert scheduled.facts.scheduled_for == day
    assert declined.trigger.template == "declined"
    assert (declined.facts.note, declined.facts.reason) == ("Sorry", "Private land")
    assert again.trigger.template == "reopened"
    assert known.broadcast_cases == {C}


def test_a_move_without_a_bureau_is_the_leads() -> None:
    (announcement,) = news(moved(C, 2, "in_progress")).triggers.values()

    assert announcement.facts.bureau == "PBOT-MAINT"


def test_acknowledgements_and_priorities_are_not_told() -> None:
    silent = (moved(C, 2, "acknowledged"), raised(C, 3), lowered(C, 4), moved(C, 5, "open"))

    assert news(*silent) == Updates()


def test_a_split_ends_the_request_in_the_case_wherever_it_stands_in_the_batch() -> None:
    before = news(split(R, C, version=4), opened(R, C)).memberships[C, R]
    after = news(opened(R, C), split(R, C, version=4)).memberships[C, R]

    assert before == after
    assert (after.since, after.until) == (1, 4)


@pytest.mark.parametrize(("status", "told"), [("open", []), ("completed", ["reopened"])])
def test_who_leaves_a_case_that_had_ended_is_told_that_it_goes_on(
    status: str, told: list[str]
) -> None:
    known = news(split(R, C, version=4, status=status))

    triggers = [announcement.trigger for announcement in known.triggers.values()]
    assert [trigger.template for trigger in triggers] == told
    assert {trigger.only_for for trigger in triggers} <= {R}


def test_who_was_moved_follows_the_other_case_without_a_second_welcome() -> None:
    known = news(
        opened(R, C, moved_from="old", moves=1), attached("r2", C, 5, moved_from="old", moves=1)
    )

    assert known.triggers == {}
    assert [(m.request_id, m.since) for m in known.memberships.values()] == [(R, 1), ("r2", 5)]


def test_that_a_case_was_merged_is_no_end_for_its_followers() -> None:
    assert news(closed(C, 5, "referred", reason="merged", merged_into="other")) == Updates()


def test_an_occasion_remembers_the_event_that_it_came_from() -> None:
    event = moved(C, 2, "in_progress")

    (announcement,) = news(event).triggers.values()

    assert announcement.trigger.cause.event_id == event.id
    assert announcement.trigger.priority == event.data.priority.level

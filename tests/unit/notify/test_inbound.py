from datetime import UTC, datetime
from typing import Any

import pytest

from services.notify.inbound import collect_updates
from services.notify.rules.updates import Updates
from shared.contract.events import (
    Advice,
    CaseAnswer,
    CaseAnswered,
    Emergency,
    Event,
    Referral,
    ReferralReason,
    new_id,
)
from tests.support.builders import NOON, contact_given, location, note_added
from tests.support.notify.factories import (
    CONTACT_KEY,
    POLICY,
    attached,
    closed,
    lowered,
    moved,
    opened,
    overdue,
    placed,
    raised,
    reopened,
    split,
    triaged,
)

R, C = new_id(), new_id()
WHY = ReferralReason(code="utility_equipment", text="It belongs to the company.")


def updates_of(*events: Event) -> Updates:
    return collect_updates(events, CONTACT_KEY)


def test_a_contact_says_where_a_message_can_go_and_by_which_channels() -> None:
    given = contact_given(R, phone="+15035550100", name="Ana", language="es-MX")

    (found,) = updates_of(given).contacts.values()

    assert (found.request_id, found.mailbox, found.name) == (R, "ana@example.org", "Ana")
    assert found.recipient.wants == {"email"}
    assert found.recipient.has == {"email", "sms"}
    assert found.recipient.languages == ("es-MX",)


def test_an_address_that_cannot_be_written_to_is_none() -> None:
    (found,) = updates_of(contact_given(R, email="nowhere")).contacts.values()

    assert found.mailbox is None
    assert found.recipient.has == set()


def test_of_two_contacts_of_a_request_the_last_counts() -> None:
    (found,) = updates_of(
        contact_given(R, email="old@example.org"), contact_given(R, email="new@example.org")
    ).contacts.values()

    assert found.mailbox == "new@example.org"


def test_a_decision_says_what_a_message_about_the_request_needs() -> None:
    decision = triaged(
        R,
        C,
        request={"language": "es", "location": location(address="1221 SW 4th Ave")},
        emergency=Emergency(code="live_wire", evidence="sparking"),
        referral=Referral(agency="EXT-PGE", name="PGE", phone="503-228-6322", url=None, reason=WHY),
    )

    (found,) = updates_of(decision).requests.values()

    assert (found.request_id, found.tracking_number) == (R, decision.data.tracking_number)
    assert (found.jurisdiction, found.service_code) == ("portland.gov", "ROW-POTHOLE")
    assert (found.language, found.address, found.emergency) == ("es", "1221 SW 4th Ave", True)
    assert found.agency is not None
    assert (found.agency.name, found.agency.phone) == ("PGE", "503-228-6322")
    assert found.agency.reason_code == "utility_equipment"


def test_of_two_decisions_about_a_request_the_first_counts() -> None:
    (found,) = updates_of(
        triaged(R, C, tracking_number="26-FIRST"), triaged(R, C, tracking_number="26-SECOND")
    ).requests.values()

    assert found.tracking_number == "26-FIRST"


@pytest.mark.parametrize(("channel", "kept"), [("phone", False), ("web", True)])
def test_a_decision_about_an_anonymous_request_counts_where_an_address_may_follow(
    channel: str, kept: bool
) -> None:
    of_request = {"reporter_ref": None, "channel": channel}
    anonymous = triaged(R, None, outcome="referral", request=of_request)

    assert bool(updates_of(anonymous).requests) == kept
    assert (updates_of(anonymous) == Updates()) != kept


def test_a_referral_is_told_to_its_reporter_although_there_is_no_case() -> None:
    found = updates_of(triaged(R, None, outcome="referral"))

    (added,) = found.triggers.values()
    assert added.key == (R, 0)
    assert (added.template, added.only_for) == ("referred", R)
    assert found.memberships[R, R].since == 0


def test_an_answer_is_told_to_its_reporter_although_there_is_no_case() -> None:
    answer = Advice(code="garbage_day", text="It is on Monday.")
    found = updates_of(triaged(R, None, outcome="answered", advice=(answer,)))

    (added,) = found.triggers.values()
    assert added.key == (R, 0)
    assert (added.template, added.only_for) == ("answered", R)
    assert found.requests[R].answer_code == "garbage_day"


def test_advice_beside_a_case_is_no_answer() -> None:
    found = updates_of(triaged(R, C, advice=(Advice(code="call_911", text="Call 911."),)))

    assert found.requests[R].answer_code is None


def test_an_agency_beside_a_case_makes_no_message_of_its_own() -> None:
    referral = Referral(agency="EXT-PGE", name="PGE")

    assert not updates_of(triaged(R, C, referral=referral)).triggers


def test_a_place_in_a_neighbours_land_is_news_of_the_request_alone() -> None:
    note = placed(R, "gresham")
    found = collect_updates([note], CONTACT_KEY, POLICY.neighbours)

    (added,) = found.triggers.values()
    assert added.key == (R, 0)
    assert (added.template, added.only_for, added.priority) == ("outside_city", R, "P1")
    assert (added.facts.municipality, added.cause.event_id) == ("gresham", note.id)
    assert found.memberships[R, R].since == 0


@pytest.mark.parametrize(
    "note", [placed(R, "portland"), placed(R, "nowhere"), placed(R, None), note_added()]
)
def test_any_other_note_is_no_news(note: Event) -> None:
    assert collect_updates([note], CONTACT_KEY, POLICY.neighbours) == Updates()


def test_opening_and_joining_make_followers_and_welcome_each_alone() -> None:
    found = updates_of(opened("r1", C), attached("r2", C, version=2))

    assert [(m.request_id, m.since) for m in found.memberships.values()] == [("r1", 1), ("r2", 2)]
    welcomes = list(found.triggers.values())
    assert [(w.template, w.only_for) for w in welcomes] == [("received", "r1"), ("attached", "r2")]
    assert found.broadcast_cases == set()


def test_who_joins_a_case_is_told_how_many_reported_it_and_since_when() -> None:
    event = attached(R, C, version=30, request_count=30, first_reported_at=NOON)

    (added,) = updates_of(event).triggers.values()

    assert (added.facts.request_count, added.facts.first_reported_at) == (30, NOON)


def test_who_joins_a_closed_case_is_told_so() -> None:
    found = updates_of(attached(R, C, version=5, status="completed"))

    assert [a.template for a in found.triggers.values()] == ["already_closed"]


def test_moves_and_ends_are_told_to_all_with_what_the_bureau_says() -> None:
    day = datetime(2026, 11, 24, 16, tzinfo=UTC)
    found = updates_of(
        moved(C, 2, "scheduled", bureau="PBOT-MAINT", public_note="Soon", scheduled_for=day),
        closed(C, 3, "declined", public_note="Sorry", reason="Private land"),
        reopened(C, 4),
    )

    scheduled, declined, again = found.triggers.values()
    assert scheduled.template == "scheduled"
    assert (scheduled.facts.bureau, scheduled.facts.note) == ("PBOT-MAINT", "Soon")
    assert scheduled.facts.scheduled_for == day
    assert declined.template == "declined"
    assert (declined.facts.note, declined.facts.reason) == ("Sorry", "Private land")
    assert again.template == "reopened"
    assert found.broadcast_cases == {C}


@pytest.mark.parametrize("by", [None, "PBOT-MOD"])
def test_another_lead_is_told_by_its_name_whoever_chose_it(by: str | None) -> None:
    (added,) = updates_of(moved(C, 2, "in_progress", bureau=by)).triggers.values()

    assert (added.template, added.facts.bureau) == ("transferred", "PBOT-MAINT")


def test_a_missed_end_of_the_work_is_told_and_a_missed_acknowledgement_is_not() -> None:
    found = updates_of(overdue(C, 5), overdue(C, 6, what="acknowledge"))

    assert [(one.template, one.version) for one in found.triggers.values()] == [("overdue", 5)]


def test_who_reopened_a_case_is_told() -> None:
    (added,) = updates_of(reopened(C, 4, "resident_says_not_fixed")).triggers.values()

    assert added.facts.reason == "resident_says_not_fixed"


def test_priorities_and_a_case_that_is_open_as_before_are_not_told() -> None:
    assert updates_of(raised(C, 3), lowered(C, 4), moved(C, 6, "open")) == Updates()


def test_a_split_ends_the_request_in_the_case_wherever_it_stands_in_the_batch() -> None:
    before = updates_of(split(R, C, version=4), opened(R, C)).memberships[C, R]
    after = updates_of(opened(R, C), split(R, C, version=4)).memberships[C, R]

    assert before == after
    assert (after.since, after.until) == (1, 4)


@pytest.mark.parametrize(("status", "templates"), [("open", []), ("completed", ["reopened"])])
def test_who_leaves_a_case_that_had_ended_is_told_that_it_goes_on(
    status: str, templates: list[str]
) -> None:
    found = updates_of(split(R, C, version=4, status=status))

    triggers = list(found.triggers.values())
    assert [trigger.template for trigger in triggers] == templates
    assert {trigger.only_for for trigger in triggers} <= {R}


def test_who_was_moved_follows_the_other_case_without_a_second_welcome() -> None:
    found = updates_of(
        opened(R, C, moved_from="old", moves=1), attached("r2", C, 5, moved_from="old", moves=1)
    )

    assert found.triggers == {}
    assert [(m.request_id, m.since) for m in found.memberships.values()] == [(R, 1), ("r2", 5)]


def test_that_a_case_was_merged_is_no_end_for_its_followers() -> None:
    assert updates_of(closed(C, 5, "referred", reason="merged", merged_into="other")) == Updates()


def test_an_occasion_remembers_the_event_that_it_came_from() -> None:
    event = moved(C, 2, "in_progress")

    (added,) = updates_of(event).triggers.values()

    assert added.cause.event_id == event.id
    assert added.priority == event.data.priority.level


def staff_move(before: str, status: str, **changes: Any) -> Event:
    """A change of status by the staff; the lead stays."""
    fields = {"bureau": None, "previous_status": before, "previous_lead": "PBOT-MAINT"}
    return moved(C, 4, status, **(fields | changes))


def test_a_person_of_the_staff_acknowledges_and_asks() -> None:
    [seen] = updates_of(staff_move("open", "acknowledged")).triggers.values()
    [asked] = updates_of(
        staff_move("open", "waiting_for_resident", public_note="Which lane?")
    ).triggers.values()

    assert (seen.template, seen.facts.bureau) == ("acknowledged", None)
    assert (asked.template, asked.facts.note) == ("question", "Which lane?")
    assert asked.only_for is None


def test_a_bureau_that_asks_waits() -> None:
    event = moved(C, 4, "waiting_for_resident", public_note="Which lane?")

    [waits] = updates_of(event).triggers.values()

    assert (waits.template, waits.facts.note) == ("waiting_for_resident", "Which lane?")


def test_what_a_reader_knows_already_is_no_message() -> None:
    again = moved(C, 5, "acknowledged", previous_status="acknowledged")
    returned = staff_move("waiting_for_resident", "in_progress")

    assert not updates_of(again).triggers
    assert not updates_of(returned).triggers


def test_another_lead_is_a_transfer_in_events_of_every_version() -> None:
    new = staff_move("open", "open", previous_lead="WATER")
    old = moved(C, 4, "open", bureau=None)

    for event in (new, old):
        [trigger] = updates_of(event).triggers.values()
        assert (trigger.template, trigger.facts.bureau) == ("transferred", "PBOT-MAINT")


def test_an_answer_of_the_staff_goes_to_all_followers() -> None:
    state = moved(C, 4, "in_progress").data.model_dump(exclude={"media"})
    answer = CaseAnswer(**(state | {"public_note": "On Tuesday"}))

    [trigger] = updates_of(CaseAnswered.of(answer, now=NOON)).triggers.values()

    assert (trigger.template, trigger.facts.note) == ("answered", "On Tuesday")
    assert (trigger.key, trigger.only_for) == ((C, 4), None)


@pytest.mark.parametrize(("channel", "told"), [("email", True), ("web", True), ("sms", False)])
def test_the_reporter_who_answered_is_thanked_unless_the_text_was_answered_at_once(
    channel: str, *, told: bool
) -> None:
    answered = moved(C, 4, "acknowledged", answered_by=R, answered_through=channel)

    triggers = list(updates_of(answered).triggers.values())

    assert [(one.template, one.only_for) for one in triggers] == [("answer_received", R)] * told

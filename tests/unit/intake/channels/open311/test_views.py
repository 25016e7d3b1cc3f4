"""Kinds and requests in Open311's words."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from services.intake.channels.listing.query import Span
from services.intake.channels.listing.store import ListedRequest
from services.intake.channels.open311.request_views import (
    definition,
    digest_of,
    render_request,
    render_updates,
    service_list,
)
from services.intake.channels.open311.schema import ServiceRequest
from services.intake.records.public import StatusChange
from shared.catalogue import Jurisdiction
from tests.support.builders import NOON
from tests.support.intake.open311_requests import CASE, CITIES, CITY, change, listed

URL = "https://311.example.org"


def shown(request: ListedRequest, history: Sequence[StatusChange] | None = None) -> ServiceRequest:
    return render_request(request, CITY, URL, history)


def test_a_request_before_its_decision_is_open_and_nobodys() -> None:
    view = shown(listed())

    assert (view.status, view.agency_responsible) == ("open", None)
    assert view.status_notes == "We got your report. We are finding out who takes care of it."
    assert view.service_name == "Pothole"
    assert view.requested_datetime == "2026-03-02T12:00:00Z"
    assert view.expected_datetime is None
    assert (view.lat, view.long) == (45.51904, -122.67932)
    assert (view.extended_attributes, view.notes, view.media_url) == (None, None, None)


def test_a_released_picture_is_shown_by_its_whole_address() -> None:
    assert shown(listed(media_id="0" * 32)).media_url == f"{URL}/v1/media/{'0' * 32}"


def test_a_request_tells_what_the_bureau_wrote() -> None:
    done = change("completed", note="Filled it.")
    view = shown(listed(is_open=False, case_id=CASE, last=done))

    assert view.status == "closed"
    assert view.status_notes == "The work is done. Filled it."
    assert view.agency_responsible == "PBOT Maintenance Operations"
    assert view.expected_datetime is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("open", "2026-03-09T12:00:00Z"),
        ("in_progress", "2026-03-09T12:00:00Z"),
        ("waiting_for_resident", None),
        ("completed", None),
    ],
)
def test_work_is_expected_by_the_deadline_that_its_page_shows(
    status: str, expected: str | None
) -> None:
    due = NOON + timedelta(days=7)
    request = listed(last=change(status), complete_by=due, is_open=status != "completed")

    assert shown(request).expected_datetime == expected


def test_planned_work_is_expected_when_it_is_planned() -> None:
    planned = change("scheduled", scheduled_for=NOON + timedelta(days=2))

    view = shown(listed(last=planned))

    assert view.expected_datetime == "2026-03-04T12:00:00Z"


def test_a_duplicate_says_so_unless_an_operator_moved_it() -> None:
    joined = listed(outcome="duplicate", last=change("open"))
    moved = listed(outcome="duplicate", last=change("open"), was_moved=True)

    assert "Somebody told us" in (shown(joined).status_notes or "")
    assert "Somebody told us" not in (shown(moved).status_notes or "")


def test_a_referral_names_the_agency() -> None:
    view = shown(
        listed(outcome="referral", is_open=False, referral_name="State", referral_phone="511")
    )

    assert (view.agency_responsible, view.status) == ("State", "closed")
    assert view.service_notice == "Also responsible: State, 511"


def test_extensions_add_our_own_status_and_the_history() -> None:
    history = [change("open", version=1), change("in_progress", note="On it")]
    view = shown(listed(outcome="new", last=history[-1]), history)

    assert view.extended_attributes == {"detailed_status": "in_progress", "triage_outcome": "new"}
    assert [(note.type, note.description) for note in view.notes or ()] == [
        ("open", None),
        ("in_progress", "On it"),
    ]


def test_updates_are_those_of_a_time_span_ends_included() -> None:
    changes = [
        change("open", version=1, taken_at=NOON),
        change("completed", version=2, taken_at=NOON + timedelta(hours=1), note="Done"),
        change("open", version=3, taken_at=NOON + timedelta(hours=2)),
    ]
    span = Span(NOON + timedelta(hours=1), NOON + timedelta(hours=1))

    [update] = render_updates(listed(), changes, span)

    assert update.update_id == "req_000000002.2"
    assert (update.status, update.extended_status) == ("closed", "completed")
    assert update.description == "Done"


def test_kinds_with_questions_say_so_and_list_them_in_order() -> None:
    services = {service.service_code: service for service in service_list(CITY)}

    assert services.keys() == CITY.services.keys()
    for code, kind in CITY.services.items():
        attributes = definition(kind).attributes
        assert services[code].metadata == bool(attributes)
        assert [one.order for one in attributes] == list(range(1, len(attributes) + 1))
    assert services["ROW-POTHOLE"].keywords == "pothole, hole in road, broken pavement, bump"


def test_lists_have_values_and_other_questions_have_none() -> None:
    questions = {one.code: one for one in definition(CITY.services["ROW-POTHOLE"]).attributes}

    assert [value.key for value in questions["size"].values or ()] == ["small", "medium", "large"]
    assert questions["lane_direction"].values == []


def test_the_digest_changes_with_any_kind_or_question() -> None:
    both, one = digest_of(CITIES.values()), digest_of([CITY])

    assert both != one
    assert one == digest_of([CITY])


@pytest.mark.parametrize("city", CITIES.values(), ids=list(CITIES))
def test_every_keyword_is_plain(city: Jurisdiction) -> None:
    for service in service_list(city):
        assert not set("|~?*()") & set(service.keywords or "")


@pytest.mark.parametrize(
    ("status", "description"),
    [
        ("public", "A hole"),
        ("held", "Pothole"),
        ("released", "A hole"),
        ("withheld", "Pothole"),
    ],
)
def test_the_kind_stands_for_words_that_are_not_public(status: str, description: str) -> None:
    assert shown(listed(text_status=status)).description == description
    assert shown(listed(text_status=status, description="")).description is None

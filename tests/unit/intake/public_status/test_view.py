from datetime import timedelta
from typing import Any, get_args

import pytest

from services.intake.public_status.model import (
    PublicDecision,
    PublicRequest,
    PublicStatus,
    StatusChange,
)
from services.intake.public_status.status_text import (
    ANSWERED,
    OUTCOME_NOTE,
    RECEIVED,
    STATUS_TEXT,
    current_status,
)
from services.intake.public_status.view import render_status
from shared.vocabulary import CaseStatus
from tests.builders import NOON
from tests.unit.intake.factories import LAKESIDE

HOUR = timedelta(hours=1)


def request(**changes: Any) -> PublicRequest:
    fields: dict[str, Any] = {
        "request_id": "r",
        "tracking_number": "26-7KQ4-M2",
        "jurisdiction": "lakeside.gov",
        "service_code": "POTHOLE",
        "submitted_at": NOON,
        "address": None,
        "latitude": 45.519,
        "longitude": -122.679,
    }
    return PublicRequest(**(fields | changes))


def step(version: int, status: str, **changes: Any) -> StatusChange:
    return StatusChange("c", version, status, NOON + version * HOUR, "STREETS", **changes)


def shown(
    *steps: StatusChange, ruling: PublicDecision | None = None, language: str = "en", **of: Any
) -> Any:
    return render_status(PublicStatus(request(**of), ruling, steps), LAKESIDE, language)


def ruled(outcome: str, *referral: str) -> PublicDecision:
    return PublicDecision("r", NOON + HOUR, outcome, *referral)


@pytest.mark.parametrize(
    ("outcome", "case_status", "status"),
    [
        pytest.param(None, None, RECEIVED, id="nothing decided"),
        pytest.param("new", None, RECEIVED, id="decided, not with anybody yet"),
        pytest.param("referral", None, "referred", id="referred"),
        pytest.param("answered", None, ANSWERED, id="answered"),
        pytest.param("new", "scheduled", "scheduled", id="as the case is"),
        pytest.param(None, "open", "open", id="the case is known before the decision"),
    ],
)
def test_the_status_is_the_cases_or_else_what_was_decided(
    outcome: str | None, case_status: str | None, status: str
) -> None:
    assert current_status(outcome, case_status) == status


def test_every_status_and_no_other_has_words() -> None:
    assert set(STATUS_TEXT) == {RECEIVED, ANSWERED, *get_args(CaseStatus)}
    for text in (*STATUS_TEXT.values(), *OUTCOME_NOTE.values()):
        assert text.en != text.es
        assert text.en.endswith(".")
        assert text.es.endswith(".")


def test_a_fresh_request_is_received() -> None:
    assert shown() == {
        "tracking_number": "26-7KQ4-M2",
        "jurisdiction": "lakeside.gov",
        "service_code": "POTHOLE",
        "service_name": "Pothole",
        "status": "received",
        "status_text": "We got your report. We are finding out who takes care of it.",
        "submitted_at": "2026-03-02T12:00:00Z",
        "updated_at": "2026-03-02T12:00:00Z",
        "location": {"latitude": 45.519, "longitude": -122.679},
        "note": None,
        "answer": None,
        "bureau": None,
        "scheduled_for": None,
        "referral": None,
        "history": [
            {
                "at": "2026-03-02T12:00:00Z",
                "status": "received",
                "text": "We got your report. We are finding out who takes care of it.",
                "bureau": None,
                "note": None,
            }
        ],
    }


def test_the_last_step_says_where_it_stands_and_history_how_it_got_there() -> None:
    seen = shown(
        step(1, "open"), step(3, "completed", note="Filled"), ruling=ruled("new"), language="es"
    )

    assert (seen["status"], seen["bureau"]) == ("completed", "Street Crews")
    assert (seen["service_name"], seen["status_text"]) == ("Bache", "El trabajo está terminado.")
    assert seen["updated_at"] == "2026-03-02T15:00:00Z"
    assert [(h["status"], h["bureau"], h["note"]) for h in seen["history"]] == [
        ("received", None, None),
        ("open", "Street Crews", None),
        ("completed", "Street Crews", "Filled"),
    ]


def test_a_referral_says_who_and_how_to_reach_them() -> None:
    who = ("State Roads", "511", "https://x.org", "state_land")
    seen = shown(ruling=ruled("referral", *who))

    assert seen["status"] == "referred"
    assert seen["referral"] == {
        "name": "State Roads",
        "phone": "511",
        "url": "https://x.org",
        "reason": "The State owns it.",
    }
    in_spanish = shown(ruling=ruled("referral", *who), language="es")
    assert in_spanish["referral"]["reason"] == "Es del Estado."
    assert seen["updated_at"] == "2026-03-02T13:00:00Z"
    assert [entry["status"] for entry in seen["history"]] == ["received", "referred"]


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Trash goes on Monday."), ("es", "La basura sale el lunes.")]
)
def test_an_answer_is_told_in_the_language_of_who_looks(language: str, text: str) -> None:
    ruling = PublicDecision("r", NOON + HOUR, "answered", answer="trash_day")

    seen = shown(ruling=ruling, language=language)

    assert (seen["status"], seen["answer"]) == ("answered", text)
    assert shown(ruling=PublicDecision("r", NOON, "answered", answer="forgotten"))["answer"] is None


def test_an_agency_that_acts_as_well_is_told_beside_the_case() -> None:
    seen = shown(step(1, "open"), ruling=ruled("new", "State Roads"))

    assert (seen["status"], seen["referral"]["name"]) == ("open", "State Roads")


@pytest.mark.parametrize(
    ("outcome", "noted"), [("new", False), ("duplicate", True), ("recurrence", True)]
)
def test_a_request_that_is_not_the_first_of_its_problem_says_so(outcome: str, noted: bool) -> None:
    assert (shown(ruling=ruled(outcome))["note"] is not None) == noted


def test_a_date_is_shown_while_it_is_the_plan() -> None:
    in_two_days = NOON + 48 * HOUR
    planned = step(2, "scheduled", scheduled_for=in_two_days)
    begun = step(3, "in_progress", scheduled_for=in_two_days)

    assert shown(step(1, "open"), planned)["scheduled_for"] == "2026-03-04T12:00:00Z"
    assert shown(planned, begun)["scheduled_for"] is None


def test_an_address_is_shown_in_place_of_a_point() -> None:
    assert shown(address="5 Main St")["location"] == {"address": "5 Main St"}
    assert shown(latitude=None, longitude=None)["location"] is None


def test_what_the_catalogue_no_longer_has_is_shown_by_its_code() -> None:
    gone = StatusChange("c", 1, "open", NOON, "CREWS-OF-OLD")

    assert shown(service_code="OLD-KIND")["service_name"] == "OLD-KIND"
    assert shown(gone)["bureau"] == "CREWS-OF-OLD"


def test_what_was_decided_is_no_more_noted_once_an_operator_moved_the_request() -> None:
    status = PublicStatus(request(), ruled("duplicate"), (step(1, "open"),), was_moved=True)

    seen = render_status(status, LAKESIDE, "en")

    assert (seen["note"], seen["status"]) == (None, "open")

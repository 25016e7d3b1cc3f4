from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from services.intake.channels.status_view import (
    ANSWERED,
    OUTCOME_NOTE,
    RECEIVED,
    STATUS_TEXT,
    current_status,
    render_status,
)
from services.intake.records.public import PublicDecision, PublicRequest, PublicStatus, StatusChange
from shared.vocabulary import CaseStatus
from tests.support.builders import NOON
from tests.support.intake.factories import LAKESIDE
from tests.support.intake.texts import LANGUAGES

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


def change(version: int, status: str, **changes: Any) -> StatusChange:
    return StatusChange("c", version, status, NOON + version * HOUR, "STREETS", **changes)


def view(
    *changes: StatusChange, decision: PublicDecision | None = None, language: str = "en", **of: Any
) -> Any:
    return render_status(
        PublicStatus(request(**of), decision, changes), LAKESIDE, LANGUAGES[language]
    )


def decided(outcome: str, *referral: str) -> PublicDecision:
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
        assert text.en.endswith(".")
        assert text.en != LANGUAGES["es"].say(text)


def test_a_fresh_request_is_received() -> None:
    assert view() == {
        "tracking_number": "26-7KQ4-M2",
        "public_id": None,
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
        "complete_by": None,
        "description": None,
        "text_status": "public",
        "referral": None,
        "media": [],
        "history": [
            {
                "at": "2026-03-02T12:00:00Z",
                "status": "received",
                "text": "We got your report. We are finding out who takes care of it.",
                "bureau": None,
                "note": None,
                "media": [],
            }
        ],
    }


def test_the_last_step_says_where_it_stands_and_history_how_it_got_there() -> None:
    shown = view(
        change(1, "open"),
        change(3, "completed", note="Filled"),
        decision=decided("new"),
        language="es",
    )

    assert (shown["status"], shown["bureau"]) == ("completed", "Street Crews")
    assert (shown["service_name"], shown["status_text"]) == ("Bache", "El trabajo está terminado.")
    assert shown["updated_at"] == "2026-03-02T15:00:00Z"
    assert [(h["status"], h["bureau"], h["note"]) for h in shown["history"]] == [
        ("received", None, None),
        ("open", "Street Crews", None),
        ("completed", "Street Crews", "Filled"),
    ]


@pytest.mark.parametrize(("outcome", "since"), [("duplicate", "14:00"), ("new", "13:00")])
def test_what_was_done_before_a_report_joined_is_told_from_then_on(
    outcome: str, since: str
) -> None:
    shown = view(
        change(1, "open"),
        change(3, "completed"),
        decision=decided(outcome),
        submitted_at=NOON + 2 * HOUR,
    )

    assert [entry["at"][11:16] for entry in shown["history"]] == ["14:00", since, "15:00"]


def test_pictures_of_the_work_stand_at_their_change_and_not_for_private_kinds() -> None:
    def pictures_of(kind: str) -> list[list[str]]:
        changes = (change(1, "open"), change(3, "completed"))
        status = PublicStatus(
            request(service_code=kind), None, changes, work_media_ids={3: ("a", "b")}
        )
        shown = render_status(status, LAKESIDE, LANGUAGES["en"])
        return [[one["url"] for one in entry["media"]] for entry in shown["history"]]

    assert pictures_of("POTHOLE") == [[], [], ["/v1/media/a", "/v1/media/b"]]
    assert pictures_of("CAMP") == [[], [], []]


def test_a_referral_says_who_and_how_to_reach_them() -> None:
    who = ("State Roads", "511", "https://x.org", "state_land")
    shown = view(decision=decided("referral", *who))

    assert shown["status"] == "referred"
    assert shown["referral"] == {
        "name": "State Roads",
        "phone": "511",
        "url": "https://x.org",
        "reason": "The State owns it.",
    }
    in_spanish = view(decision=decided("referral", *who), language="es")
    assert in_spanish["referral"]["reason"] == "Es del Estado."
    assert shown["updated_at"] == "2026-03-02T13:00:00Z"
    assert [entry["status"] for entry in shown["history"]] == ["received", "referred"]


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Trash goes on Monday."), ("es", "La basura sale el lunes.")]
)
def test_an_answer_is_told_in_the_language_of_who_looks(language: str, text: str) -> None:
    decision = PublicDecision("r", NOON + HOUR, "answered", answer="trash_day")

    shown = view(decision=decision, language=language)

    assert (shown["status"], shown["answer"]) == ("answered", text)
    assert (
        view(decision=PublicDecision("r", NOON, "answered", answer="forgotten"))["answer"] is None
    )


def test_an_agency_that_acts_as_well_is_told_beside_the_case() -> None:
    shown = view(change(1, "open"), decision=decided("new", "State Roads"))

    assert (shown["status"], shown["referral"]["name"]) == ("open", "State Roads")


@pytest.mark.parametrize(
    ("outcome", "noted"), [("new", False), ("duplicate", True), ("recurrence", True)]
)
def test_a_request_that_is_not_the_first_of_its_problem_says_so(outcome: str, noted: bool) -> None:
    assert (view(decision=decided(outcome))["note"] is not None) == noted


def test_a_date_is_shown_while_it_is_the_plan() -> None:
    in_two_days = NOON + 48 * HOUR
    planned = change(2, "scheduled", scheduled_for=in_two_days)
    begun = change(3, "in_progress", scheduled_for=in_two_days)

    assert view(change(1, "open"), planned)["scheduled_for"] == "2026-03-04T12:00:00Z"
    assert view(planned, begun)["scheduled_for"] is None


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        *((running, True) for running in ("open", "acknowledged", "scheduled", "in_progress")),
        *((over, False) for over in ("waiting_for_resident", "completed", "declined", "referred")),
    ],
)
def test_by_when_it_is_done_is_shown_while_the_clock_runs(status: str, shown: bool) -> None:
    known = PublicStatus(request(), None, (change(1, status),), complete_by=NOON + 48 * HOUR)

    due = render_status(known, LAKESIDE, LANGUAGES["en"])["complete_by"]

    assert due == ("2026-03-04T12:00:00Z" if shown else None)


def test_the_history_says_why_a_case_is_open_again() -> None:
    again = change(3, "open", not_fixed=True)

    entries = view(change(1, "open"), change(2, "completed"), again)["history"]

    assert [one["text"] for one in entries[1::2]] == [
        "Your report is with the team that takes care of it.",
        "Somebody said that it is not fixed. Your report is with the team that takes care of it.",
    ]


def test_an_address_is_shown_in_place_of_a_point() -> None:
    assert view(address="5 Main St")["location"] == {"address": "5 Main St"}
    assert view(latitude=None, longitude=None)["location"] is None


def test_what_the_catalogue_no_longer_has_is_shown_by_its_code() -> None:
    gone = StatusChange("c", 1, "open", NOON, "CREWS-OF-OLD")

    assert view(service_code="OLD-KIND")["service_name"] == "OLD-KIND"
    assert view(gone)["bureau"] == "CREWS-OF-OLD"


def test_what_was_decided_is_no_more_noted_once_an_operator_moved_the_request() -> None:
    status = PublicStatus(request(), decided("duplicate"), (change(1, "open"),), was_moved=True)

    shown = render_status(status, LAKESIDE, LANGUAGES["en"])

    assert (shown["note"], shown["status"]) == (None, "open")


@pytest.mark.parametrize(
    "moment",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime.max,  # noqa: DTZ901 - as the driver reads "infinity"
    ],
)
def test_an_implausible_date_of_work_is_left_out(moment: datetime) -> None:
    seen = view(change(1, "scheduled", scheduled_for=moment))

    assert (seen["status"], seen["scheduled_for"]) == ("scheduled", None)


@pytest.mark.parametrize("code", ["HOME-CARE", "GONE-FROM-THE-CATALOGUE"])
def test_a_private_kind_shows_the_block_and_no_house_number(code: str) -> None:
    shown = view(service_code=code, address="1221 SW Main St Apt 5")

    assert shown["location"] == {"address": "1200 block of SW Main St"}
    assert "1221" not in str(shown)


@pytest.mark.parametrize(
    ("code", "seen"), [("POTHOLE", [{"url": "/v1/media/1a"}]), ("HOME-CARE", []), ("GONE", [])]
)
def test_media_that_were_released_are_shown_unless_the_kind_is_private(
    code: str, seen: list[dict[str, str]]
) -> None:
    status = PublicStatus(request(service_code=code), None, (), media_ids=("1a",))

    assert render_status(status, LAKESIDE, LANGUAGES["en"])["media"] == seen


def test_a_private_address_that_cannot_be_read_is_shown_as_the_point() -> None:
    shown = view(service_code="HOME-CARE", address="1221")

    assert shown["location"] == {"latitude": 45.519, "longitude": -122.679}


def test_another_kind_shows_the_address() -> None:
    assert view(address="1221 SW Main St")["location"] == {"address": "1221 SW Main St"}

import base64
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.inbound.validation import ValidatedSubmission, validate
from services.intake.policy import IntakePolicy, city_of
from shared.catalogue import load_catalogue
from tests.support.builders import NOON, handed_in
from tests.support.intake.factories import HERE, KEY, POLICY, FakeBoundaries, data
from tests.support.paths import DATA

NAUGHTY = DATA / "naughty_strings" / "blns.base64.json"


def checked(envelope: dict[str, Any] | None = None, **changes: Any) -> ValidatedSubmission:
    event = handed_in(data(**changes), **(envelope or {}))
    valid = validate(event, NOON, POLICY)
    assert isinstance(valid, ValidatedSubmission), valid
    return valid


def field_errors(envelope: dict[str, Any] | None = None, **changes: Any) -> list[tuple[str, str]]:
    event = handed_in(data(**changes), **(envelope or {}))
    found = validate(event, NOON, POLICY)
    assert not isinstance(found, ValidatedSubmission)
    return [(error.field, error.code) for error in found]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"jurisdiction": "atlantis.gov"},
            [("jurisdiction", "unknown_jurisdiction")],
            id="a city we do not serve",
        ),
        pytest.param(
            {"service_code": "UFO"}, [("service_code", "unknown_service_code")], id="no such kind"
        ),
        pytest.param(
            {"service_code": None, "description": " \x00 "},
            [("description", "missing_description")],
            id="no kind and no words",
        ),
        pytest.param({"location": None}, [("location", "missing_location")], id="no place"),
        pytest.param(
            {"location": {"address": " \n "}}, [("location", "missing_location")], id="blank"
        ),
        pytest.param(
            {"location": {"latitude": 45.5}}, [("location", "incomplete_point")], id="half a point"
        ),
        pytest.param(
            {"location": {"latitude": 95, "longitude": 1}},
            [("location.latitude", "out_of_range")],
            id="an impossible point is not called incomplete as well",
        ),
        pytest.param({"language": "español"}, [("language", "invalid")], id="no language tag"),
        pytest.param(
            {"reporter": {"language": "!"}}, [("reporter.language", "invalid")], id="nor this"
        ),
    ],
)
def test_what_keeps_a_submission_from_being_a_request_is_named(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert field_errors(**changes) == expected


def test_every_flaw_is_named_at_once() -> None:
    assert field_errors(
        {"time": "yesterday"},
        jurisdiction="atlantis.gov",
        channel="fax",
        service_code=None,
        description="",
        location={},
        media=[{"url": "x"}],
        language="?",
    ) == [
        ("channel", "unknown_channel"),
        ("media.0.url", "invalid"),
        ("time", "bad_time"),
        ("jurisdiction", "unknown_jurisdiction"),
        ("description", "missing_description"),
        ("location", "missing_location"),
        ("language", "invalid"),
    ]


def test_data_that_are_no_object_and_a_wrong_time_are_named_together() -> None:
    found = validate(handed_in("text", time=7), NOON, POLICY)

    assert not isinstance(found, ValidatedSubmission)
    assert [(error.field, error.code) for error in found] == [
        ("", "not_an_object"),
        ("time", "bad_time"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"service_code": "PERMIT"}, id="a kind without a place"),
        pytest.param({"service_code": None, "description": "A permit, please"}, id="by its words"),
    ],
)
def test_a_kind_that_needs_no_place_is_accepted_without_one(changes: dict[str, Any]) -> None:
    valid = checked(location=None, **changes)

    assert (valid.service.code, valid.location.precision) == ("PERMIT", "none")


def test_without_a_code_the_words_say_of_which_kind_it_is() -> None:
    assert checked(service_code=None, description="A pothole").service.code == "POTHOLE"
    assert checked(service_code=None, description="A thing").service.code == "OTHER"


def test_a_code_counts_before_the_words() -> None:
    assert checked(service_code="SIDEWALK", description="pothole").service.code == "SIDEWALK"


def test_contact_data_leave_every_text() -> None:
    valid = checked(
        description="Call 503-555-0199",
        location={"address": "5 Main St, 503-555-0199", "details": "ask ben@example.org"},
        attributes={"note": "503-555-0199", "phone": 5035550199},
        reporter={"name": "Ana Ruiz", "email": "ana@example.org"},
    )

    assert valid.description == "Call [removed]"
    assert (valid.location.address, valid.details) == ("5 Main St, [removed]", "ask [removed]")
    assert valid.attributes == {"note": "[removed]", "phone": "[removed]"}


def test_the_reporters_own_name_leaves_the_text() -> None:
    valid = checked(description="Ana Ruiz fell", reporter={"name": " Ana Ruiz "})

    assert valid.description == "[removed] fell"


def test_text_is_tidied_everywhere() -> None:
    valid = checked(
        description="a\x00b ",
        location={"address": " 5 Main\x07 St ", "details": "\x1bleft"},
        attributes={"ke\x00y": ["v\x00"], "\x00": "lost"},
        media=[{"url": "https://x\x00", "media_type": "image/png\n"}],
        reporter={"name": "Ana\x00"},
    )

    assert valid.description == "ab"
    assert (valid.location.address, valid.details) == ("5 Main St", "left")
    assert valid.attributes == {"key": ["v"]}
    assert (valid.media[0].url, valid.media[0].media_type) == ("https://x", "image/png")
    assert valid.name == "Ana"


@pytest.mark.parametrize("code", ["POTHOLE", None])
def test_hazards_are_seen_in_details_and_answers_too(code: str | None) -> None:
    assert not checked(service_code=code).screening.express
    assert checked(service_code=code, attributes={"lane_blocked": "yes"}).screening.express
    assert checked(
        service_code=code, location={"address": "5 Main St", "details": "in the right lane"}
    ).screening.express


def test_a_place_that_the_city_writes_for_unknown_is_no_place() -> None:
    at = POLICY.cities["lakeside.gov"].jurisdiction.default_points[0]
    valid = checked(location={"latitude": at.latitude, "longitude": at.longitude})

    assert valid.location.precision == "default"


def test_what_was_observed_counts_and_an_impossible_future_does_not() -> None:
    valid = checked({"time": "2026-03-02T11:00:00Z"}, observed_at="2026-03-02T02:00:00-08:00")
    future = checked({"time": "2027-01-01T00:00:00Z"})

    assert (valid.sent.moment.hour, valid.observed_at.hour) == (11, 10)
    assert not valid.sent.replaced
    assert (future.sent.moment, future.observed_at) == (NOON, NOON)
    assert future.sent.replaced


def test_the_language_is_the_texts_or_else_the_reporters() -> None:
    assert checked(language="es", reporter={"language": "vi"}).language == "es"
    assert checked(language=None, reporter={"language": "vi"}).language == "vi"
    assert checked(language=None).language is None


def test_one_adapters_account_is_one_person() -> None:
    mine, yours = ({"account_id": "7", "email": email} for email in ("a@b.org", "c@d.org"))

    assert checked(reporter=mine).reporter_ref == checked(reporter=yours).reporter_ref
    assert (
        checked({"source": "/other"}, reporter=mine).reporter_ref
        != checked(reporter=mine).reporter_ref
    )
    assert checked().reporter_ref is None


texts = st.text(max_size=200)


@given(texts, texts, st.dictionaries(st.text(min_size=1, max_size=20), texts, max_size=5))
def test_no_control_character_gets_past_the_check(
    description: str, details: str, answers: dict[str, str]
) -> None:
    found = validate(
        handed_in(
            data(
                description=description,
                location={
                    "latitude": HERE.latitude,
                    "longitude": HERE.longitude,
                    "details": details,
                },
                attributes=answers,
                reporter={"name": description},
            )
        ),
        NOON,
        POLICY,
    )
    if isinstance(found, ValidatedSubmission):
        shown = [found.description, found.details or "", found.name or "", *found.attributes]
        shown += [str(answer) for answer in found.attributes.values()]
        assert not [
            c for text in shown for c in text if unicodedata.category(c) == "Cc" and c not in "\t\n"
        ]


def naughty() -> list[str]:
    if not NAUGHTY.exists():
        return []
    written = json.loads(NAUGHTY.read_text())
    return [base64.b64decode(text).decode("utf-8", "replace") for text in written]


@pytest.mark.skipif(not NAUGHTY.exists(), reason="the collection of naughty strings is not here")
@pytest.mark.parametrize("text", naughty())
def test_a_naughty_string_is_tidied_or_refused_and_breaks_nothing(text: str) -> None:
    everywhere = data(
        description=text,
        location={"address": text[:500], "details": text[:500]},
        attributes={text[:100] or "key": text[:500]},
        reporter={"name": text[:500], "email": text[:500], "phone": text[:500]},
    )
    found = validate(handed_in(everywhere), NOON, POLICY)

    if isinstance(found, ValidatedSubmission):
        assert "\x00" not in found.description
        assert unicodedata.is_normalized("NFC", found.description)
    else:
        assert found


@pytest.mark.parametrize(("code", "express"), [("ROW-TREE-DOWN", True), (None, False)])
def test_a_guessed_kind_sends_no_report_by_the_express_lane(
    code: str | None, *, express: bool
) -> None:
    portland = load_catalogue().jurisdictions["portland.gov"]
    city = city_of(portland, FakeBoundaries())
    policy = IntakePolicy({portland.id: city}, KEY, "https://311.example.org")
    text = "A limb fell on the lawn, please pick it up"
    event = handed_in(data(jurisdiction=portland.id, service_code=code, description=text))

    found = validate(event, NOON, policy)

    assert isinstance(found, ValidatedSubmission), found
    assert found.service.code == "ROW-TREE-DOWN"
    assert found.screening.express == express

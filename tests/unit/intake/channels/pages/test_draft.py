"""A report between its steps."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from services.intake.channels.pages.draft import (
    CONTACT,
    KIND,
    WHAT,
    FormFault,
    UnsentReport,
    contact_faults,
    form_faults,
    in_page_order,
)
from services.intake.channels.pages.form import PageForm
from shared.catalogue import load_catalogue
from shared.contract.events import FieldError

CITY = load_catalogue().jurisdictions["portland.gov"]


def draft(**fields: Any) -> UnsentReport:
    pairs = [
        (name, value)
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    return UnsentReport(PageForm.of(pairs), "an id", photo_ids=("1",))


@pytest.mark.parametrize(
    ("saved", "opened"),
    [
        ('"photo_id":"1"', ("1",)),
        ('"photo_id":null', ()),
        ('"photo_ids":["1","2"]', ("1", "2")),
        ('"number":null', ()),
    ],
)
def test_a_draft_that_was_saved_with_one_photo_still_opens(
    saved: str, opened: tuple[str, ...]
) -> None:
    state = TypeAdapter(UnsentReport)

    draft = state.validate_json(f'{{"form":{{"values":{{}}}},"form_id":"an id",{saved}}}')

    assert draft.photo_ids == opened
    assert state.validate_json(state.dump_json(draft)) == draft


def test_the_fields_make_a_submission() -> None:
    written = draft(
        description=" A pothole ",
        address="1221 SW 4th Ave",
        latitude="45,5189",
        longitude="-122.6793",
        service_code="ROW-POTHOLE",
        name="Ana",
        email="ana@example.org",
        status_updates=["email", "sms", "fax"],
        follow="a case",
        **{"attribute[lane_direction]": "north", "attribute[unknown]": "x"},
    )

    assert written.submission(CITY, "es", "https://311.example.org") == {
        "jurisdiction": "portland.gov",
        "channel": "web",
        "description": "A pothole",
        "language": "es",
        "location": {
            "address": "1221 SW 4th Ave",
            "latitude": "45.5189",
            "longitude": "-122.6793",
        },
        "service_code": "ROW-POTHOLE",
        "attributes": {"lane_direction": "north"},
        "media": [{"url": "https://311.example.org/v1/media/1"}],
        "reporter": {
            "name": "Ana",
            "email": "ana@example.org",
            "language": "es",
            "status_updates": ["email"],
        },
        "follow_case": "a case",
    }


def test_an_anonymous_report_has_no_reporter() -> None:
    written = draft(description="A pothole", status_updates="email")

    assert "reporter" not in written.submission(CITY, "en", "")


WRITTEN = draft(
    description="A pothole",
    address="1221 SW 4th Ave",
    service_code="ROW-POTHOLE",
    asked="ROW-POTHOLE",
    follow="a case",
    name="Ana",
    **{"attribute[size]": "small"},
)


@pytest.mark.parametrize(
    ("step", "given", "lost"),
    [
        pytest.param(
            WHAT, {"description": "Trash", "address": "1221 SW 4th Ave"},
            {"service_code", "asked", "follow"}, id="other words may be of another kind",
        ),
        pytest.param(
            WHAT, {"description": "A pothole", "latitude": "45.5"}, {"address", "follow"},
            id="at another place there are other cases",
        ),
        pytest.param(
            WHAT, {"description": "A pothole", "address": "1221 SW 4th Ave"}, set(), id="the same"
        ),
        pytest.param(
            KIND, {"service_code": "ROW-SINKHOLE"}, {"asked", "follow", "attribute[size]"},
            id="a step replaces its own fields",
        ),
        pytest.param(CONTACT, {"email": "ana@example.org"}, {"name"}, id="contact data alone"),
        pytest.param(
            CONTACT, {"description": "Trash", "name": "Bea", "form": "a token"}, set(),
            id="all at once, but for what is no part of a report",
        ),
    ],
)  # fmt: skip
def test_a_step_changes_its_own_fields_and_what_follows_from_them(
    step: int, given: dict[str, str], lost: set[str]
) -> None:
    before, after = WRITTEN.form.values, WRITTEN.with_step(step, draft(**given).form).form.values

    assert before.keys() - after.keys() == lost
    assert after.keys() - before.keys() == given.keys() - before.keys() - {"form"}
    for name in given.keys() & after.keys():
        assert after[name] == (given[name],)


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({}, []),
        ({"email": "ana@example.org", "phone": "503-823-4000", "status_updates": "sms"}, []),
        ({"email": "ana@"}, [("email", "unusable_email")]),
        ({"phone": "12"}, [("phone", "unusable_phone")]),
        ({"status_updates": "sms"}, [("phone", "missing_phone")]),
        ({"status_updates": "email"}, []),
        ({"status_updates": "email", "phone": "503-823-4000"}, [("email", "missing_email")]),
    ],
)
def test_ways_to_reach_a_person_are_checked(
    fields: dict[str, str], faults: list[tuple[str, str]]
) -> None:
    found = contact_faults(draft(**fields).form, "US")

    assert [(fault.field, fault.code) for fault in found] == faults


@pytest.mark.parametrize(
    ("field", "code", "at", "step"),
    [
        ("description", "missing_description", "description", WHAT),
        ("location", "missing_location", "address", WHAT),
        ("location", "incomplete_point", "latitude", WHAT),
        ("location.longitude", "invalid", "longitude", WHAT),
        ("location.address", "too_long", "address", WHAT),
        ("media", "unknown_media", "photo", WHAT),
        ("service_code", "unknown_service_code", "service_code", KIND),
        ("attributes.size", "too_long", "attribute[size]", KIND),
        ("reporter.name", "too_long", "name", CONTACT),
        ("", "not_an_object", "", CONTACT),
    ],
)
def test_errors_of_a_submission_are_errors_of_the_form(
    field: str, code: str, at: str, step: int
) -> None:
    [fault] = form_faults([FieldError(field=field, code=code, message="")])

    assert fault == FormFault(at, code)
    assert fault.step == step


def test_faults_stand_in_the_order_of_the_page() -> None:
    questions = [{"code": "wide", "first": False}, {"code": "deep", "first": True}]
    fields = ["", "description", "latitude", "photo", "service_code"]
    fields += ["attribute[deep]", "attribute[wide]", "email", "phone"]
    faults = [FormFault(field, "a code") for field in fields]

    assert in_page_order(sorted(faults, reverse=True), questions) == faults

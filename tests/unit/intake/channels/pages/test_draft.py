"""A report between its steps."""

from typing import Any

import pytest

from services.intake.channels.pages.draft import (
    CONTACT,
    KIND,
    WHAT,
    FormFault,
    UnsentReport,
    form_faults,
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
    return UnsentReport(PageForm.of(pairs), "an id")


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

    assert written.submission(CITY, "es", "https://311.example.org/v1/media/1") == {
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

    assert "reporter" not in written.submission(CITY, "en", None)


@pytest.mark.parametrize(
    ("step", "names"),
    [
        pytest.param(WHAT, {"attribute[size]", "name"}, id="the kind is read anew"),
        pytest.param(KIND, {"description", "name"}, id="the kind's own fields are shown"),
        pytest.param(
            CONTACT,
            {"description", "service_code", "asked", "follow", "attribute[size]"},
            id="all before the last step",
        ),
    ],
)
def test_a_step_carries_the_fields_of_the_others(step: int, names: set[str]) -> None:
    written = draft(
        description="A pothole",
        service_code="ROW-POTHOLE",
        asked="ROW-POTHOLE",
        follow="a case",
        name="Ana",
        unknown="x",
        form="a token",
        **{"attribute[size]": "small"},
    )

    assert {name for name, _ in written.carried(step)} == names


def test_a_case_is_followed_only_while_its_button_is_pressed() -> None:
    followed = draft(description="A pothole").following("a case")

    assert followed.form.text("follow") == "a case"
    assert followed.following("").form.text("follow") == ""


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({}, []),
        ({"email": "ana@example.org", "phone": "503-823-4000", "status_updates": "sms"}, []),
        ({"email": "ana@"}, [("email", "unusable_email")]),
        ({"phone": "12"}, [("phone", "unusable_phone")]),
        ({"status_updates": "sms"}, [("phone", "missing_phone")]),
        ({"status_updates": "email"}, []),
    ],
)
def test_ways_to_reach_a_person_are_checked(
    fields: dict[str, str], faults: list[tuple[str, str]]
) -> None:
    found = draft(**fields).contact_faults("US")

    assert [(fault.field, fault.code) for fault in found] == faults


@pytest.mark.parametrize(
    ("field", "code", "fault"),
    [
        ("description", "missing_description", FormFault("description", "missing_description", 1)),
        ("location", "missing_location", FormFault("address", "missing_location", 1)),
        ("location", "incomplete_point", FormFault("latitude", "incomplete_point", 1)),
        ("location.longitude", "invalid", FormFault("longitude", "invalid", 1)),
        ("location.address", "too_long", FormFault("address", "too_long", 1)),
        (
            "service_code",
            "unknown_service_code",
            FormFault("service_code", "unknown_service_code", 2),
        ),
        ("attributes.size", "too_long", FormFault("attribute[size]", "too_long", 2)),
        ("reporter.name", "too_long", FormFault("name", "too_long", 3)),
        ("", "not_an_object", FormFault("", "not_an_object", 3)),
    ],
)
def test_errors_of_a_submission_are_errors_of_the_form(
    field: str, code: str, fault: FormFault
) -> None:
    assert form_faults([FieldError(field=field, code=code, message="")]) == [fault]

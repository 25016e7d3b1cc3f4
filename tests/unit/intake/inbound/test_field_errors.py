from typing import Any

import pytest

from services.intake.inbound.parsing import missing_fields, without_redundant
from shared.contract.events import FieldError, Submission, SubmittedLocation


def submission(**changes: Any) -> Submission:
    """A submission that lacks what is False; the rest is there."""
    provided: dict[str, Any] = {
        "words": True,
        "service_code": "POTHOLE",
        "latitude": True,
        "longitude": True,
        "address": False,
    }
    provided |= changes
    return Submission(
        jurisdiction="lakeside.gov",
        channel="web",
        description="A hole" if provided["words"] else None,
        service_code=provided["service_code"],
        location=SubmittedLocation(
            latitude=45.5 if provided["latitude"] else None,
            longitude=-122.6 if provided["longitude"] else None,
            address="5 Main St" if provided["address"] else None,
        ),
    )


NO_POINT = {"latitude": False, "longitude": False}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        pytest.param({}, [], id="enough"),
        pytest.param({"words": False}, [], id="the kind says what"),
        pytest.param({"service_code": None}, [], id="the words say what"),
        pytest.param(
            {"words": False, "service_code": None}, ["missing_description"], id="nothing says what"
        ),
        pytest.param(NO_POINT | {"address": True}, [], id="an address says where"),
        pytest.param(NO_POINT, ["missing_location"], id="nothing says where"),
        pytest.param(NO_POINT | {"needs_location": False}, [], id="there is no where"),
        pytest.param({"latitude": False}, ["incomplete_point"], id="half a point"),
        pytest.param(
            {"longitude": False, "address": True}, ["incomplete_point"], id="half a point, address"
        ),
        pytest.param(
            {"words": False, "service_code": None} | NO_POINT,
            ["missing_description", "missing_location"],
            id="nothing at all",
        ),
    ],
)
def test_a_submission_says_what_and_where(changes: dict[str, Any], codes: list[str]) -> None:
    needs_location = changes.get("needs_location", True)
    found = missing_fields(submission(**changes), needs_location=needs_location)

    assert [error.code for error in found] == codes


def field_error(field: str) -> FieldError:
    return FieldError(field=field, code="code", message="message")


@pytest.mark.parametrize(
    ("known", "field", "told"),
    [
        pytest.param("location.latitude", "location", False, id="a part explains the whole"),
        pytest.param("location", "location.latitude", False, id="the whole explains a part"),
        pytest.param("location", "location", False, id="the same field"),
        pytest.param("", "location", False, id="the root explains all"),
        pytest.param("location", "locations", True, id="another field with a like name"),
        pytest.param("channel", "location", True, id="another field"),
    ],
)
def test_a_flaw_is_told_unless_another_explains_it(known: str, field: str, told: bool) -> None:
    assert without_redundant([field_error(field)], [field_error(known)]) == (
        (field_error(field),) if told else ()
    )

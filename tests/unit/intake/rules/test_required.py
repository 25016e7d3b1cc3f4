from typing import Any

import pytest

from services.intake.rules.required_fields import ProvidedFields, missing_fields


def said(**changes: Any) -> ProvidedFields:
    fields: dict[str, Any] = {
        "words": True,
        "service_code": "POTHOLE",
        "latitude": True,
        "longitude": True,
        "address": False,
    }
    return ProvidedFields(**(fields | changes))


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
    assert [flaw.code for flaw in missing_fields(said(**changes))] == codes

"""A submission from a form."""

from typing import Any

import pytest

from services.intake.channels.open311.responses import Open311Error
from services.intake.channels.open311.submitting import read_submission
from tests.support.intake.open311_requests import CITY, parameters


def submission(**values: str) -> dict[str, Any]:
    return read_submission(parameters(service_code="ROW-POTHOLE", **values), CITY)


@pytest.mark.parametrize(
    ("sent", "location"),
    [
        ({"lat": "45.5", "long": "-122.6"}, {"latitude": 45.5, "longitude": -122.6}),
        ({"address_string": "5th and Main"}, {"address": "5th and Main"}),
        ({"address_id": "17"}, {"address": "Address id 17"}),
        (
            {"address_string": "5th and Main", "address_id": "17"},
            {"address": "5th and Main", "details": "Address id 17"},
        ),
        ({"lat": "45.5", "long": ""}, {"latitude": 45.5}),
    ],
    ids=str,
)
def test_each_form_of_a_location_is_taken(sent: dict[str, str], location: dict[str, Any]) -> None:
    assert submission(**sent)["location"] == location


@pytest.mark.parametrize(
    ("sent", "reporter"),
    [
        (
            {"first_name": "Ana", "last_name": "Ruiz", "email": "a@example.org", "phone": "1"},
            {
                "name": "Ana Ruiz",
                "email": "a@example.org",
                "phone": "1",
                "status_updates": ["email"],
            },
        ),
        ({"phone": "1"}, {"phone": "1", "status_updates": ["sms"]}),
        ({"last_name": "Ruiz"}, {"name": "Ruiz"}),
        ({"device_id": "d"}, {"account_id": "d"}),
        ({"device_id": "d", "account_id": "a"}, {"account_id": "a"}),
    ],
    ids=str,
)
def test_the_reporter_gets_updates_by_the_channel_that_is_known(
    sent: dict[str, str], reporter: dict[str, Any]
) -> None:
    assert submission(**sent)["reporter"] == reporter


def test_only_what_was_sent_is_submitted() -> None:
    assert submission(description="", email="", media_url="") == {
        "jurisdiction": "portland.gov",
        "channel": "open311",
        "service_code": "ROW-POTHOLE",
    }


def test_media_comes_by_its_url() -> None:
    assert submission(media_url="https://x.org/a.jpg")["media"] == [{"url": "https://x.org/a.jpg"}]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(Open311Error) as raised:
        submission(lat="north", long="west", **{"attribute[size]": "huge"})

    assert [text.partition(":")[0] for text in raised.value.descriptions] == [
        "attribute[size]",
        "lat",
        "long",
    ]


@pytest.mark.parametrize(("code", "status"), [("", 400), ("NO-SUCH-KIND", 404)])
def test_the_kind_must_be_known(code: str, status: int) -> None:
    with pytest.raises(Open311Error) as raised:
        read_submission(parameters(service_code=code), CITY)

    assert raised.value.status == status
    assert raised.value.descriptions[0].startswith("service_code")

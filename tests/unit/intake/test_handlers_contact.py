from typing import Any

import pytest

from services.intake.identifiers import phone_ref
from shared.contract.events import ContactGiven, RequestSubmitted, SubmissionAccepted, encode
from tests.support.intake.factories import KEY
from tests.support.intake.fakes import InMemorySubmissions
from tests.unit.intake.accepting import REPORTER, accepted_events


async def test_the_contact_travels_alone(submissions: InMemorySubmissions) -> None:
    followed = await accepted_events(submissions, reporter=REPORTER)

    contact = followed[ContactGiven].data
    assert contact.model_dump() == {
        "request_id": followed[RequestSubmitted].data.request_id,
        "name": "Ana Ruiz",
        "email": "ana@example.org",
        "phone": "+15035550100",
        "language": "es",
        "status_updates": ("email",),
        "informed": (),
        "phone_ref": phone_ref(KEY, "+15035550100"),
    }
    for other in (SubmissionAccepted, RequestSubmitted):
        for secret in (b"Ruiz", b'example.org"', b"5550100"):
            assert secret not in encode(followed[other])


@pytest.mark.parametrize(
    ("reporter", "passed_on"),
    [
        pytest.param(None, False, id="nobody"),
        pytest.param({"account_id": "7", "status_updates": ["email"]}, False, id="an account"),
        pytest.param({"email": "none"}, False, id="no address"),
        pytest.param({"name": "Ana"}, True, id="a name"),
        pytest.param({"phone": "503-555-0100"}, True, id="a number"),
    ],
)
async def test_only_who_has_a_name_or_can_be_reached_is_a_contact(
    submissions: InMemorySubmissions, reporter: dict[str, Any] | None, passed_on: bool
) -> None:
    assert (ContactGiven in await accepted_events(submissions, reporter=reporter)) == passed_on

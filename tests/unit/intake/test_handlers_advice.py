from typing import Any

import pytest

from shared.contract.events import ContactGiven, SubmissionAccepted
from tests.support.intake.fakes import InMemorySubmissions
from tests.unit.intake.accepting import accepted_events


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        pytest.param({}, [], id="nothing to say"),
        pytest.param({"service_code": "SINKHOLE"}, [], id="urgent, but no danger to life"),
        pytest.param(
            {"service_code": "WIRE", "description": "Sparking"}, ["call_911"], id="danger to life"
        ),
        pytest.param({"reporter": {"email": "none"}}, ["contact_unusable"], id="no address"),
        pytest.param(
            {"service_code": "DROWNING", "reporter": {"phone": "n/a"}},
            ["call_911", "contact_unusable"],
            id="both",
        ),
    ],
)
async def test_the_receipt_says_what_to_do_at_once(
    submissions: InMemorySubmissions, changes: dict[str, Any], codes: list[str]
) -> None:
    followed = await accepted_events(submissions, **changes)

    assert [advice.code for advice in followed[SubmissionAccepted].data.advice] == codes


@pytest.mark.parametrize("email", ["josé@example.org", "a..b@example.org", ".a@example.org"])
async def test_who_gives_an_address_that_no_mail_reaches_is_told_and_it_goes_no_further(
    submissions: InMemorySubmissions, email: str
) -> None:
    followed = await accepted_events(submissions, reporter={"name": "Ana", "email": email})

    assert [a.code for a in followed[SubmissionAccepted].data.advice] == ["contact_unusable"]
    assert followed[ContactGiven].data.email is None


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        pytest.param({"language": "en"}, "If anybody", id="the text's"),
        pytest.param({"language": "es-MX"}, "Si alguien", id="the text's, Spanish"),
        pytest.param({"reporter": {"language": "es"}}, "Si alguien", id="rather the reporter's"),
        pytest.param({"language": None}, "If anybody", id="nobody's"),
        pytest.param({"language": "vi"}, "If anybody", id="a draft, which no speaker has signed"),
    ],
)
async def test_advice_is_in_the_reporters_language(
    submissions: InMemorySubmissions, changes: dict[str, Any], begins: str
) -> None:
    followed = await accepted_events(submissions, service_code="DROWNING", **changes)

    assert followed[SubmissionAccepted].data.advice[0].text.startswith(begins)

from typing import Any

import pytest

from services.intake.handlers import on_submissions_handed_in
from services.intake.inbound.batch import RawSubmission
from services.intake.rules.tracking_number import read_tracking_number
from shared.contract.events import (
    ContactGiven,
    Event,
    RequestSubmitted,
    SubmissionAccepted,
    SubmissionRejected,
    encode,
    new_id,
)
from shared.runtime.consumer.messages import Message
from shared.runtime.outgoing import Outgoing
from tests.builders import NOON, handed_in
from tests.records import record
from tests.unit.intake.accepting import REPORTER, TRACE, accept, accepted_events
from tests.unit.intake.factories import (
    BEYOND_THE_LIMITS,
    HERE,
    POLICY,
    data,
    handed_in_event,
    raw_submission,
)
from tests.unit.intake.fakes import InMemorySubmissions


async def test_an_accepted_submission_is_answered_and_passed_on(
    submissions: InMemorySubmissions,
) -> None:
    event = handed_in(data(), id="7", source="/adapter", traceparent=TRACE)
    (result,) = await accept(submissions, raw_submission(event))

    receipt_event = result.receipt.decode()
    assert isinstance(receipt_event, SubmissionAccepted)
    (passed_on,) = result.events
    assert isinstance(passed_on, RequestSubmitted)
    request, acceptance = passed_on.data, receipt_event.data
    assert (acceptance.submission_id, acceptance.submission_source) == ("7", "/adapter")
    assert acceptance.request_id == request.request_id
    assert acceptance.tracking_number == request.tracking_number
    assert acceptance.status_url == (
        f"https://311.example.org/v1/requests/{request.tracking_number}"
    )
    assert (acceptance.service_code, acceptance.lane) == ("POTHOLE", "standard")
    for made in (receipt_event, passed_on):
        assert made.source == "/intake"
        assert (made.causationid, made.correlationid) == ("7", request.request_id)
        assert (made.traceparent, made.time) == (TRACE, NOON)


async def test_a_request_carries_all_that_was_said_but_no_contact(
    submissions: InMemorySubmissions,
) -> None:
    fields = {
        "description": "Deep, in the right lane. Call Ana Ruiz, 503-555-0100",
        "location": {"latitude": 46, "longitude": -122, "accuracy_m": 9, "details": "left"},
        "attributes": {"lane_blocked": "yes"},
        "media": [{"url": "https://example.org/a.jpg", "media_type": "image/jpeg"}],
        "observed_at": "2026-03-02T03:30:00-08:00",
    }
    followed = await accepted_events(submissions, reporter=REPORTER, **fields)

    request = followed[RequestSubmitted].data.model_dump(mode="json", exclude_none=True)
    assert len(request.pop("reporter_ref")) == 32
    assert request.pop("request_id")
    assert request.pop("tracking_number")
    assert request == {
        "jurisdiction": "lakeside.gov",
        "channel": "web",
        "service_code": "POTHOLE",
        "classified": False,
        "dedup_group": "pavement",
        "description": "Deep, in the right lane. Call [removed], [removed]",
        "language": "en",
        "location": {
            "latitude": 46,
            "longitude": -122,
            "accuracy_m": 9,
            "precision": "point",
            "details": "left",
            "municipality": "lakeside.gov",
            "district": "north",
        },
        "attributes": {"lane_blocked": "yes"},
        "media": [{"url": "https://example.org/a.jpg", "media_type": "image/jpeg"}],
        "submitted_at": "2026-03-02T12:00:00Z",
        "observed_at": "2026-03-02T11:30:00Z",
        "lane": "express",
    }


@pytest.mark.parametrize(("code", "is_classified"), [("POTHOLE", False), (None, True)])
async def test_a_request_says_whether_its_kind_was_guessed(
    submissions: InMemorySubmissions, code: str | None, *, is_classified: bool
) -> None:
    followed = await accepted_events(submissions, service_code=code, description="a pothole")

    assert followed[RequestSubmitted].data.classified == is_classified


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
    ],
)
async def test_advice_is_in_the_reporters_language(
    submissions: InMemorySubmissions, changes: dict[str, Any], begins: str
) -> None:
    followed = await accepted_events(submissions, service_code="DROWNING", **changes)

    assert followed[SubmissionAccepted].data.advice[0].text.startswith(begins)


async def test_a_place_beyond_the_limits_is_accepted_and_said_to_be_there(
    submissions: InMemorySubmissions,
) -> None:
    there = BEYOND_THE_LIMITS
    followed = await accepted_events(
        submissions, location={"latitude": there.latitude, "longitude": there.longitude}
    )

    assert followed[RequestSubmitted].data.location.municipality == "hilltop"


async def test_a_rejected_submission_is_kept_with_its_bytes(
    submissions: InMemorySubmissions,
) -> None:
    event = handed_in(data(channel="fax", location={}), id="7", source="/adapter")
    (result,) = await accept(submissions, RawSubmission(event, b"as it came"))

    receipt_event = result.receipt.decode()
    assert isinstance(receipt_event, SubmissionRejected)
    assert [(error.field, error.code) for error in receipt_event.data.errors] == [
        ("channel", "unknown_channel"),
        ("location", "missing_location"),
    ]
    assert (receipt_event.data.submission_id, receipt_event.data.submission_source) == (
        "7",
        "/adapter",
    )
    assert receipt_event.causationid == "7"
    assert result.events == ()
    (stored,) = submissions.stored.values()
    assert (stored.body, stored.first, stored.receipt) == (b"as it came", True, result.receipt)
    assert submissions.requests == []


async def test_of_an_accepted_submission_no_bytes_stay(submissions: InMemorySubmissions) -> None:
    await accept(submissions, raw_submission(reporter=REPORTER))

    (stored,) = submissions.stored.values()
    assert stored.body is None
    assert b"ana@" not in stored.receipt.value


async def test_every_message_gets_a_receipt_under_its_adapters_key(
    submissions: InMemorySubmissions,
) -> None:
    good = handed_in(data(), id="1", source="/adapter", traceparent=TRACE)
    bad = handed_in({}, id="2", source="/adapter")
    messages = [
        Message(record(encode(event), offset=offset), event)
        for offset, event in enumerate([good, bad, good])
    ]
    followed = await on_submissions_handed_in(messages, submissions, POLICY, NOON)

    receipts = [item for item in followed if isinstance(item, Outgoing)]
    assert [item.topic for item in receipts] == ["intake-receipts"] * 3
    assert {item.key for item in receipts} == {b"/adapter"}
    assert receipts[0] == receipts[2]
    assert ("traceparent", TRACE.encode()) in receipts[0].headers
    assert [type(item) for item in followed if isinstance(item, Event)] == [RequestSubmitted]
    (kept,) = [f.body for f in submissions.stored.values() if f.body]
    assert kept == encode(bad)


async def test_a_future_that_was_not_believed_is_noted(submissions: InMemorySubmissions) -> None:
    soon = handed_in(data(), time="2026-03-02T12:30:00Z")
    far = handed_in(data(), time="2027-03-02T12:30:00Z")
    await accept(submissions, raw_submission(soon), raw_submission(far))

    assert [stored.time_replaced for stored in submissions.stored.values()] == [False, True]


async def test_the_public_view_begins_with_a_rounded_place_and_the_number(
    submissions: InMemorySubmissions,
) -> None:
    followed = await accepted_events(submissions, reporter=REPORTER)

    request = followed[RequestSubmitted].data
    (public,) = submissions.requests
    assert public.request_id == request.request_id
    assert read_tracking_number(public.tracking_number) == request.tracking_number
    assert public.tracking_number.startswith("26-")
    assert (public.latitude, public.longitude) == (45.519, -122.679)
    assert public.submitted_at == NOON


async def test_a_batch_of_none_asks_for_no_number(submissions: InMemorySubmissions) -> None:
    assert await accept(submissions) == []


async def test_a_batch_locates_each_of_its_requests(submissions: InMemorySubmissions) -> None:
    places = [
        {"latitude": BEYOND_THE_LIMITS.latitude, "longitude": BEYOND_THE_LIMITS.longitude},
        {"address": "5 Main St"},
        {"latitude": HERE.latitude, "longitude": HERE.longitude},
        {"latitude": 0, "longitude": 0},
    ]
    results = await accept(
        submissions, *(raw_submission(handed_in_event(id=new_id(), location=at)) for at in places)
    )

    found = [
        event.data.location
        for result in results
        for event in result.events
        if isinstance(event, RequestSubmitted)
    ]
    assert [(at.precision, at.municipality) for at in found] == [
        ("point", "hilltop"),
        ("address", None),
        ("point", "lakeside.gov"),
        ("default", None),
    ]

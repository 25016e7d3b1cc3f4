import pytest

from services.intake.identifiers import read_tracking_number
from services.intake.records.submissions import RawSubmission
from shared.contract.events import RequestSubmitted, SubmissionAccepted, SubmissionRejected
from tests.support.builders import NOON, handed_in
from tests.support.intake.factories import BEYOND_THE_LIMITS, data, raw_submission
from tests.support.intake.fakes import InMemorySubmissions
from tests.unit.intake.accepting import REPORTER, TRACE, accept, accepted_events


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
    assert request.pop("public_id") == followed[RequestSubmitted].data.public_id
    assert request == {
        "jurisdiction": "lakeside.gov",
        "channel": "web",
        "service_code": "POTHOLE",
        "classified": False,
        "kinds": [],
        "unsure": False,
        "entered_by": "resident",
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

"""Nothing that says who reported, or how to reach them, leaves intake but as their contact."""

import re
from typing import Any

import pytest

from services.intake.handlers import accept_submissions
from shared.contract.events import (
    ContactGiven,
    RequestSubmitted,
    SubmissionAccepted,
    SubmissionRejected,
    encode,
)
from tests.support.builders import NOON
from tests.support.intake.factories import POLICY, raw_submission
from tests.support.intake.fakes import InMemorySubmissions

ANA = {"name": "Ana Quimby", "email": "ana.quimby@example.org", "phone": "+15035550142"}
RANDOM = re.compile(  # ids, hashes and tracking numbers, which may hold any digits
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}|\b\d\d-[0-9a-z]{4}-[0-9a-z]{6}\b"
)
SECRETS = ("quimby", "ana.", "ana@", "555", "0142", "secret", "ben@")


async def published(id: str = "7", **changes: Any) -> tuple[RequestSubmitted, SubmissionAccepted]:
    """Return the request that others read, and the receipt that the adapter reads."""
    [result] = await accept_submissions(
        [raw_submission(id=id, reporter=ANA, **changes)], InMemorySubmissions(), POLICY, NOON
    )
    receipt = result.receipt.decode()
    assert isinstance(receipt, SubmissionAccepted)
    request, contact = result.events
    assert isinstance(request, RequestSubmitted)
    assert isinstance(contact, ContactGiven)
    assert contact.causationid == request.causationid
    return request, receipt


FORMS = [
    pytest.param("mail ana.quimby(at)example.org", id="(at)"),
    pytest.param("mail ana.quimby[at]example[dot]org", id="[at]"),
    pytest.param("mail ana.quimby at example dot org", id="at and dot"),
    pytest.param("mail a n a . q u i m b y @ e x a m p l e . o r g", id="spaced"),
    pytest.param("mail \uff41\uff4e\uff41.quimby\uff20example.org", id="full width"),
    pytest.param("mail ana.qui\u200bmby@exam\u200bple.org", id="zero width"),
    pytest.param("mail ana.quimby&#64;example.org", id="HTML entity"),
    pytest.param("mail ana.quimby%40example.org", id="percent code"),
    pytest.param("mail ana.quimby arroba example punto org", id="Spanish words"),
    pytest.param("my cell is 555-0142", id="seven digits"),
    pytest.param("I am Mrs Quimby", id="a title"),
    pytest.param("Quimby, Ana lives here", id="surname first"),
]


@pytest.mark.parametrize("text", FORMS)
async def test_no_written_form_of_contact_data_is_published(text: str) -> None:
    request, _ = await published(
        description=f"Deep hole. {text}",
        location={"address": f"5 Main St, {text}", "details": text},
        attributes={text: "x", "size": text, "list": [text]},
    )

    shown = RANDOM.sub("", encode(request).decode().casefold())
    assert not [secret for secret in SECRETS if secret in shown]
    assert "deep hole" in shown
    assert "main st" in shown


async def test_the_addresses_of_pictures_tell_of_nobody() -> None:
    request, _ = await published(
        media=[
            {"url": "https://ana:secret@cdn.example.org/1.jpg?mail=ana%40example.org&w=3"},
            {"url": "https://cdn.example.org/2.jpg?tel=5035550142", "media_type": "ben@b.org"},
            {"url": "http://ben@"},
        ]
    )

    assert [medium.url for medium in request.data.media] == [
        "https://cdn.example.org/1.jpg?w=3",
        "https://cdn.example.org/2.jpg",
    ]
    assert request.data.media[1].media_type is None


@pytest.mark.parametrize("media_id", ["503555014" * 3 + "24680", "0" * 22 + "5035550142"])
async def test_an_id_of_our_own_picture_is_no_telephone_number(media_id: str) -> None:
    url = f"https://311.example.org/v1/media/{media_id}"
    request, _ = await published(media=[{"url": url, "media_type": "ana@example.org"}])

    assert [medium.model_dump() for medium in request.data.media] == [
        {"url": url, "media_type": "image/jpeg"}
    ]


@pytest.mark.parametrize("id", ["ana.quimby@example.org", "tel:+1-503-555-0142", "Ana Quimby 3"])
async def test_an_id_with_contact_data_is_told_to_its_adapter_alone(id: str) -> None:
    request, receipt = await published(id)

    assert request.causationid is None
    assert request.correlationid == request.data.request_id
    assert (receipt.data.submission_id, receipt.causationid) == (id, id)


async def test_a_repeat_under_an_id_with_contact_data_gets_the_same_receipt() -> None:
    store, raw = InMemorySubmissions(), raw_submission(id="ana@example.org", reporter=ANA)

    [first] = await accept_submissions([raw], store, POLICY, NOON)
    [again] = await accept_submissions([raw], store, POLICY, NOON)

    assert again.receipt == first.receipt
    assert not again.events


async def test_any_other_id_is_the_cause_of_the_request() -> None:
    request, receipt = await published("SR-2026-0117")

    assert request.causationid == receipt.causationid == "SR-2026-0117"


async def test_lists_keep_the_redacted_words_of_public_kinds_and_nothing_of_private_ones() -> None:
    store = InMemorySubmissions()
    text = "A hole. Mail ana.quimby@example.org"
    submissions = [
        raw_submission(id=code, service_code=code, description=text, reporter=ANA)
        for code in ("POTHOLE", "HOME-CARE")
    ]
    await accept_submissions(submissions, store, POLICY, NOON)

    public, private = store.requests
    assert public.listing is not None
    assert public.listing.description.startswith("A hole.")
    assert "quimby" not in public.listing.description
    assert (public.listing.latitude, public.latitude) == (45.5189, 45.519)
    assert private.listing is None


@pytest.mark.parametrize("city", ["lakeside.gov", "nowhere.gov"])
async def test_a_rejection_names_no_contact_data_that_stand_for_an_answers_name(city: str) -> None:
    too_long = {ANA["email"]: "x" * 501, f"call {ANA['phone']}": {}, "size": {}}
    [result] = await accept_submissions(
        [raw_submission(jurisdiction=city, attributes=too_long)],
        InMemorySubmissions(),
        POLICY,
        NOON,
    )
    receipt = result.receipt.decode()

    assert isinstance(receipt, SubmissionRejected)
    fields = [error.field for error in receipt.data.errors if "attributes" in error.field]
    assert fields == ["attributes.[removed]", "attributes.[removed]", "attributes.size"]

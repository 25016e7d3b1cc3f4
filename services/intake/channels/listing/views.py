"""The public view of a listed request, in Open311's words."""

import re
from datetime import UTC, datetime
from typing import Any

from services.intake.channels.listing.store import ListedRequest
from services.intake.channels.status_view import (
    CLOCK_RUNS,
    STATUS_TEXT,
    bureau_name,
    current_status,
    outcome_note,
)
from services.intake.identifiers import without_numbers
from services.intake.pictures import media_url
from shared.catalogue import Jurisdiction
from shared.vocabulary import is_plausible

_DEGREE_DECIMALS = 6
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_PUBLIC = ("held", "withheld")


def public_fields(request: ListedRequest, city: Jurisdiction, public_url: str) -> dict[str, Any]:
    """Return all that the public may know of a request; held words are the name of the kind."""
    kind = city.services[request.service_code]
    return {
        "service_request_id": request.public_id,
        "status": "open" if request.is_open else "closed",
        "status_notes": _status_notes(request),
        "service_name": kind.name.en,
        "service_code": request.service_code,
        "description": kind.name.en if is_held(request) else public_words(request),
        "agency_responsible": responsible(request, city),
        "service_notice": _referral(request),
        "requested_datetime": w3c(request.submitted_at),
        "updated_datetime": w3c(request.updated_at),
        "expected_datetime": _expected(request),
        "address": request.address,
        "lat": _rounded(request.latitude),
        "long": _rounded(request.longitude),
        "media_url": media_url(public_url, request.media_id) if request.media_id else None,
    }


def w3c(moment: datetime) -> str:
    """Return a moment in UTC without fractions, the form that every client reads."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def xml_text(text: str) -> str:
    """Return a text without the characters that XML 1.0 cannot hold."""
    return _NOT_IN_XML.sub("", text)


def is_held(request: ListedRequest) -> bool:
    """Return True for a request with words that the public may not read."""
    return bool(request.description) and request.text_status in _NOT_PUBLIC


def public_words(request: ListedRequest) -> str | None:
    """Return the words that the public may read; None without any."""
    return None if is_held(request) else without_numbers(request.description) or None


def public_note(note: str | None) -> str | None:
    """Return a bureau's note without tracking numbers."""
    return note and without_numbers(note)


def responsible(request: ListedRequest, city: Jurisdiction) -> str | None:
    """Return the name of the bureau or agency that takes care of it."""
    return bureau_name(request.last.bureau, city) if request.last else request.referral_name


def case_status(request: ListedRequest) -> str:
    """Return the status of the case, or what triage decided before there is one."""
    return current_status(request.outcome, request.last.status if request.last else None)


def _status_notes(request: ListedRequest) -> str:
    note = outcome_note(request.outcome, was_moved=request.was_moved)
    parts = (
        STATUS_TEXT[case_status(request)].en,
        note.en if note else None,
        public_note(request.last.note) if request.last else None,
    )
    return " ".join(filter(None, parts))


def _referral(request: ListedRequest) -> str | None:
    if request.referral_name is None:
        return None
    contacts = filter(None, (request.referral_name, request.referral_phone, request.referral_url))
    return f"Also responsible: {', '.join(contacts)}"


def _expected(request: ListedRequest) -> str | None:
    """Return when the work is planned, or else its deadline, as the request's page shows them."""
    planned = request.last.scheduled_for if request.last else None
    if request.is_open and planned and is_plausible(planned):
        return w3c(planned)
    due = request.complete_by
    return w3c(due) if due and case_status(request) in CLOCK_RUNS else None


def _rounded(degrees: float | None) -> float | None:
    return None if degrees is None else round(degrees, _DEGREE_DECIMALS)

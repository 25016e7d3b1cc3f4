"""The answers that adapters get."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.districts import AdminArea
from services.intake.inbound.validation import ValidatedSubmission
from services.intake.policy import Policy
from services.intake.public_status.model import PublicRequest
from services.intake.rules.advice import advice
from services.intake.rules.required_fields import FieldProblem
from shared.contract.events import (
    Acceptance,
    Advice,
    Contact,
    ContactGiven,
    Decoder,
    Event,
    FieldError,
    Location,
    Rejection,
    Request,
    RequestSubmitted,
    SubmissionAccepted,
    SubmissionHandedIn,
    SubmissionRejected,
    encode,
    new_id,
)
from shared.contract.topics import INTAKE_RECEIPTS
from shared.runtime.outbox.records import Outgoing, event_headers

_DECODER: Decoder[SubmissionAccepted | SubmissionRejected] = Decoder(
    (SubmissionAccepted, SubmissionRejected)
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a submission: the event's id, and its bytes for ever."""

    event_id: str
    value: bytes

    @classmethod
    def of(cls, answer: Event) -> "Receipt":
        """Return the receipt that says this."""
        return cls(answer.id, encode(answer))

    def decode(self) -> SubmissionAccepted | SubmissionRejected:
        """Return what it says."""
        return _DECODER.decode(self.value)


def rejection(
    handed_in: SubmissionHandedIn, flaws: Sequence[FieldProblem], now: datetime
) -> SubmissionRejected:
    """Return the answer to a submission with these flaws."""
    data = Rejection(
        submission_id=handed_in.id,
        submission_source=handed_in.source,
        errors=tuple(FieldError(field=f.field, code=f.code, message=f.message) for f in flaws),
    )
    return SubmissionRejected.of(data, now=now, cause=handed_in)


def receipt_record(handed_in: SubmissionHandedIn, receipt: Receipt) -> Outgoing:
    """Return the record that brings the receipt to whoever handed in; always the same value."""
    return Outgoing(
        receipt.event_id,
        INTAKE_RECEIPTS.name,
        handed_in.source.encode(),
        receipt.value,
        event_headers(handed_in.traceparent),
    )


_PUBLIC_DECIMALS = 3
"""Of degrees, about 100 m: near enough to know one's own report again."""


@dataclass(frozen=True, slots=True)
class AcceptedSubmission:
    """What follows from accepting a submission.

    Attributes:
        answer: For the adapter.
        told: For the other services.
    """

    answer: SubmissionAccepted
    events: tuple[Event, ...]
    public: PublicRequest


def accept(
    draft: ValidatedSubmission, area: AdminArea, tracking_number: str, now: datetime, policy: Policy
) -> AcceptedSubmission:
    """Return what follows when the draft becomes a request with this tracking number."""
    request = _request(draft, area, tracking_number)
    cause, request_id = draft.handed_in, request.request_id
    submitted = RequestSubmitted.of(request, now=now, cause=cause, request=request_id)
    contact = _contact(draft, request_id)
    told: tuple[Event, ...] = (submitted,)
    if contact is not None:
        told = (submitted, ContactGiven.of(contact, now=now, cause=cause, request=request_id))
    acceptance = _acceptance(draft, request, policy)
    answer = SubmissionAccepted.of(acceptance, now=now, cause=cause, request=request_id)
    return AcceptedSubmission(answer, told, _public(request))


def _request(draft: ValidatedSubmission, area: AdminArea, tracking_number: str) -> Request:
    return Request(
        request_id=new_id(),
        tracking_number=tracking_number,
        jurisdiction=draft.city.jurisdiction.id,
        channel=draft.submission.channel,
        service_code=draft.service.code,
        dedup_group=draft.service.dedup.group,
        description=draft.description,
        language=draft.language,
        location=_location(draft, area),
        attributes=draft.attributes,
        media=draft.media,
        submitted_at=draft.sent.moment,
        observed_at=draft.observed_at,
        reporter_ref=draft.reporter_ref,
        lane="express" if draft.screening.express else "standard",
    )


def _location(draft: ValidatedSubmission, area: AdminArea) -> Location:
    place = draft.place
    return Location(
        latitude=place.point.latitude if place.point else None,
        longitude=place.point.longitude if place.point else None,
        accuracy_m=place.accuracy_m,
        precision=place.precision,
        address=place.address,
        details=draft.details,
        district=area.district,
        municipality=area.municipality,
    )


def _contact(draft: ValidatedSubmission, request_id: str) -> Contact | None:
    reporter, reached = draft.submission.reporter, draft.reached
    if reporter is None or not (draft.name or reached.email or reached.phone):
        return None
    return Contact(
        request_id=request_id,
        name=draft.name,
        email=reached.email,
        phone=reached.phone,
        language=reporter.language or draft.language,
        status_updates=reporter.status_updates,
    )


def _acceptance(draft: ValidatedSubmission, request: Request, policy: Policy) -> Acceptance:
    reporter = draft.submission.reporter
    language = (reporter.language if reporter else None) or draft.language or "en"
    due = advice(
        language,
        danger=draft.screening.emergency is not None,
        unreachable=draft.reached.unusable,
    )
    return Acceptance(
        submission_id=draft.handed_in.id,
        submission_source=draft.handed_in.source,
        request_id=request.request_id,
        tracking_number=request.tracking_number,
        service_code=request.service_code,
        lane=request.lane,
        status_url=f"{policy.public_url}/v1/requests/{request.tracking_number}",
        advice=tuple(Advice(code=code, text=text) for code, text in due),
    )


def _public(request: Request) -> PublicRequest:
    at = request.location
    return PublicRequest(
        request_id=request.request_id,
        tracking_number=request.tracking_number,
        jurisdiction=request.jurisdiction,
        service_code=request.service_code,
        submitted_at=request.submitted_at,
        address=at.address,
        latitude=_rounded(at.latitude),
        longitude=_rounded(at.longitude),
    )


def _rounded(degrees: float | None) -> float | None:
    return None if degrees is None else round(degrees, _PUBLIC_DECIMALS)

"""Events of intake: requests and contacts for other services, receipts for adapters."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.intake.identifiers import followed_case, phone_ref
from services.intake.inbound.validation import ValidatedSubmission
from services.intake.pictures import media_ids_of
from services.intake.policy import IntakePolicy, ServedCity
from services.intake.records.public import Listing, PublicRequest
from services.intake.records.submissions import Receipt
from services.intake.rules.addresses import stated_city
from services.intake.rules.location import ResolvedLocation, public_degrees
from services.intake.rules.private_persons import HeldText, reasons_to_hold
from shared.catalogue import Jurisdiction, ProgramText, danger_advice
from shared.catalogue.judgement import LocatedJudgement
from shared.contract.events import (
    Acceptance,
    Advice,
    Contact,
    ContactGiven,
    Event,
    FieldError,
    Judgement,
    LikelyKind,
    Location,
    Rejection,
    Request,
    RequestSubmitted,
    SubmissionAccepted,
    SubmissionReceived,
    SubmissionRejected,
    SubmittedRequest,
    new_id,
)
from shared.contract.topics import receipts_of
from shared.runtime.outgoing import Outgoing, event_headers
from shared.spoken_languages import SpokenLanguage, language_of
from shared.text_matching import KindProbability
from shared.vocabulary import GeoPoint, StatusChannel, supported_language


@dataclass(frozen=True, slots=True)
class AdminArea:
    """The municipality and district of a point; None where it is in no known one."""

    municipality: str | None = None
    district: str | None = None


def locate_areas(submissions: Sequence[ValidatedSubmission]) -> list[AdminArea]:
    """Return the area of each submission, by one lookup per city.

    Without a measured point it is the neighbour that the address names.
    """
    areas = [AdminArea(_neighbour(one)) for one in submissions]
    points: defaultdict[str, dict[int, GeoPoint]] = defaultdict(dict)
    for index, one in enumerate(submissions):
        if one.location.point is not None and one.location.precision != "default":
            points[one.city.jurisdiction.id][index] = one.location.point
    for city in {one.city.jurisdiction.id: one.city for one in submissions}.values():
        of_city = points[city.jurisdiction.id]
        for index, area in zip(of_city, _areas([*of_city.values()], city), strict=True):
            areas[index] = area
    return areas


def _neighbour(submission: ValidatedSubmission) -> str | None:
    city, address = submission.city.jurisdiction, submission.location.address
    code = stated_city(address, city.codes_by_city) if address else None
    return code if code in city.neighbours else None


def area_of(point: GeoPoint | None, city: ServedCity) -> AdminArea:
    """Return the area of a measured point; an unknown one without a point."""
    return next(_areas([point], city)) if point is not None else AdminArea()


def _areas(points: Sequence[GeoPoint], city: ServedCity) -> Iterator[AdminArea]:
    return map(AdminArea, city.boundaries.municipality(points), city.boundaries.district(points))


def to_location(
    location: ResolvedLocation, area: AdminArea, details: str | None = None
) -> Location:
    """Return a location as events have it."""
    return Location(
        latitude=location.point.latitude if location.point else None,
        longitude=location.point.longitude if location.point else None,
        accuracy_m=location.accuracy_m,
        precision=location.precision,
        address=location.address,
        disagrees_m=location.disagrees_m,
        details=details,
        district=area.district,
        municipality=area.municipality,
    )


_CONTACT_UNUSABLE = ProgramText(
    "We cannot write to the address or number you gave. Use your tracking number to follow your "
    "report."
)


# Probability below which a kind is not worth its bytes in every event of a request.
_LEAST_LIKELY = 0.01


class RequestNames(NamedTuple):
    """The names of a request."""

    tracking_number: str
    public_id: str


@dataclass(frozen=True, slots=True)
class AcceptedSubmission:
    """The outcome of accepting a submission."""

    receipt: SubmissionAccepted
    events: tuple[Event, ...]
    public: PublicRequest


def with_informed(event: Event, channel: StatusChannel) -> Event:
    """Return a contact of a reporter who gets the tracking number by a channel; others as is."""
    if not isinstance(event, ContactGiven):
        return event
    contact = event.data.model_copy(update={"informed": (channel,)})
    return event.model_copy(update={"data": contact})


def reject(
    envelope: SubmissionReceived, errors: Sequence[FieldError], now: datetime
) -> SubmissionRejected:
    """Return the receipt of a rejected submission."""
    rejection = Rejection(
        submission_id=envelope.id, submission_source=envelope.source, errors=tuple(errors)
    )
    return SubmissionRejected.of(rejection, now=now, cause=envelope)


def receipt_record(
    envelope: SubmissionReceived, receipt: Receipt, adapters: Collection[str]
) -> Outgoing:
    """Return the Kafka record of a receipt, keyed by adapter; a repeat has the same value."""
    return Outgoing(
        receipt.event_id,
        receipts_of(envelope.source, adapters).name,
        envelope.source.encode(),
        receipt.value,
        event_headers(envelope.traceparent),
    )


def accept(
    submission: ValidatedSubmission,
    area: AdminArea,
    names: RequestNames,
    now: datetime,
    policy: IntakePolicy,
) -> AcceptedSubmission:
    """Return the outcome of accepting a submission as a request."""
    request = _request(submission, area, names, policy.text_rules_version)
    cause, request_id = submission.cause, request.request_id
    events: list[Event] = [RequestSubmitted.of(request, now=now, cause=cause, request=request_id)]
    contact = _contact(submission, request_id, policy.reporter_key)
    if contact is not None:
        events.append(ContactGiven.of(contact, now=now, cause=cause, request=request_id))
    acceptance = _acceptance(submission, request, policy)
    receipt = SubmissionAccepted.of(
        acceptance, now=now, cause=submission.envelope, request=request_id
    )
    public = _public_request(submission, request, contact, policy.public_url)
    return AcceptedSubmission(receipt, tuple(events), public)


def _request(
    submission: ValidatedSubmission,
    area: AdminArea,
    names: RequestNames,
    version: str | None,
) -> SubmittedRequest:
    screening, city = submission.screening, submission.city.jurisdiction
    kinds = [kind for kind in screening.kinds if kind.probability >= _LEAST_LIKELY]
    return SubmittedRequest(
        request_id=new_id(),
        tracking_number=names.tracking_number,
        public_id=names.public_id,
        jurisdiction=city.id,
        channel=submission.submission.channel,
        entered_by=submission.submission.entered_by or "resident",
        service_code=submission.service.code,
        classified=submission.submission.service_code is None,
        kinds=named_kinds(kinds, city, supported_language(submission.language or "")),
        unsure=submission.is_unsure,
        dedup_group=submission.service.dedup.group,
        description=submission.description,
        language=submission.language,
        location=to_location(submission.location, area, submission.details),
        attributes=submission.attributes,
        media=submission.media,
        submitted_at=submission.sent.moment,
        observed_at=submission.observed_at,
        reporter_ref=submission.reporter_ref,
        lane="express" if screening.express else "standard",
        follow_case=followed_case(submission.submission.follow_case),
        judgement=to_judgement(screening.judgement, version) if version else None,
    )


def named_kinds(
    kinds: Iterable[KindProbability], city: Jurisdiction, language: str | None
) -> tuple[LikelyKind, ...]:
    """Return likely kinds with their names in a language."""
    return tuple(
        LikelyKind(
            service_code=kind.code,
            name=city.services[kind.code].name.in_language(language or "en"),
            probability=kind.probability,
        )
        for kind in kinds
    )


def to_judgement(located: LocatedJudgement, text_rules_version: str) -> Judgement:
    """Return the judgement of a request's words with the version of its rules."""
    return Judgement(
        version=text_rules_version,
        severity=located.severity,
        conditions=located.conditions,
        doubted=located.doubted,
    )


def _contact(submission: ValidatedSubmission, request_id: str, key: bytes) -> Contact | None:
    reporter, channels = submission.submission.reporter, submission.channels
    if reporter is None or not (submission.name or channels.email or channels.phone):
        return None
    return Contact(
        request_id=request_id,
        name=submission.name,
        email=channels.email,
        phone=channels.phone,
        language=reporter.language or submission.language,
        status_updates=reporter.status_updates,
        phone_ref=phone_ref(key, channels.phone) if channels.phone else None,
    )


def _acceptance(
    submission: ValidatedSubmission, request: Request, policy: IntakePolicy
) -> Acceptance:
    return Acceptance(
        submission_id=submission.envelope.id,
        submission_source=submission.envelope.source,
        request_id=request.request_id,
        tracking_number=request.tracking_number,
        public_id=request.public_id,
        service_code=request.service_code,
        lane=request.lane,
        status_url=f"{policy.public_url}/v1/requests/{request.tracking_number}",
        advice=tuple(advice_for(submission, policy.languages)),
    )


def advice_for(
    submission: ValidatedSubmission, languages: Mapping[str, SpokenLanguage]
) -> Iterator[Advice]:
    """Yield the advice that the reporter needs at once, the most urgent first."""
    reporter = submission.submission.reporter
    tag = (reporter.language if reporter else None) or submission.language
    language = language_of(languages, tag)
    if submission.screening.emergency is not None:
        for code, text in danger_advice(submission.screening.dangers, submission.city.jurisdiction):
            yield Advice(code=code, text=language.say(text))
    if submission.channels.unusable:
        yield Advice(code="contact_unusable", text=language.say(_CONTACT_UNUSABLE))


def _public_request(
    submission: ValidatedSubmission, request: Request, contact: Contact | None, public_url: str
) -> PublicRequest:
    at = request.location
    request_id, is_private = request.request_id, submission.service.private
    findings = reasons_to_hold(request.description, submission.city.jurisdiction.public_texts)
    texted = contact if contact and "sms" in contact.status_updates else None
    return PublicRequest(
        request_id=request_id,
        tracking_number=request.tracking_number,
        jurisdiction=request.jurisdiction,
        service_code=request.service_code,
        submitted_at=request.submitted_at,
        address=at.address,
        latitude=public_degrees(at.latitude),
        longitude=public_degrees(at.longitude),
        reporter_ref=request.reporter_ref,
        phone_ref=texted.phone_ref if texted else None,
        phone_language=texted.language if texted and texted.phone_ref else None,
        public_id=request.public_id,
        own_text=request.description if is_private else None,
        listing=None if is_private else Listing(request.description, at.latitude, at.longitude),
        held=(
            None
            if findings is None
            else HeldText(request_id, request_id, findings, request.language)
        ),
        pictures=media_ids_of((medium.url for medium in request.media), public_url),
        has_contact=contact is not None,
    )

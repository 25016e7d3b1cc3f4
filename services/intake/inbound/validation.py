"""Validation: from one submission to a normalized, redacted one, or to all its field errors."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.intake.inbound.field_errors import (
    bad_language,
    bad_time,
    missing_fields,
    unknown_jurisdiction,
    unknown_service_code,
    without_redundant,
)
from services.intake.inbound.parsing import parse
from services.intake.policy import IntakePolicy, ServedCity
from services.intake.rules.classification import classify
from services.intake.rules.event_time import SentAt, event_time, sent_at
from services.intake.rules.language import is_language_tag
from services.intake.rules.location import ResolvedLocation, resolve_location
from services.intake.rules.media import KEPT_MEDIA_TYPE, media_id_of
from services.intake.rules.reporter import ContactChannels, contact_channels, reporter_ref
from services.intake.rules.screening import Screening
from services.intake.rules.text import (
    normalize_attributes,
    normalize_or_none,
    normalize_text,
)
from shared.catalogue import ServiceType
from shared.contract.events import (
    FieldError,
    Media,
    Reporter,
    Submission,
    SubmissionReceived,
    SubmittedLocation,
)
from shared.redaction import Answer, KnownPii, Redactor
from shared.vocabulary import GeoPoint

_NO_REPORTER = Reporter()
_NO_LOCATION = SubmittedLocation()


@dataclass(frozen=True, slots=True)
class ValidatedSubmission:
    """A valid submission: everything of a request but its ids.

    Contact data are in ``name`` and ``channels`` alone; all texts are normalized and redacted.

    Attributes:
        handed_in: The submission in its envelope.
        cause: The same for events that others read, without an id that holds contact data.
        submission: The submission as parsed.
        sent: When the adapter sent it.
        observed_at: Event time, UTC.
        city: The city that serves it.
        service: Its kind, named or classified.
        description: Empty when a service code alone describes it.
        details: Details of the location.
        attributes: Answers to the questions of the kind, by field.
        media: Links to media.
        location: Point or address, with its precision.
        language: Language of the text, or else of the reporter; BCP 47.
        name: The reporter's name.
        channels: The reporter's usable contact data.
        reporter_ref: Pseudonym of the reporter; None for an anonymous one.
        screening: Result of the hazard screening.
    """

    handed_in: SubmissionReceived
    cause: SubmissionReceived
    submission: Submission
    sent: SentAt
    observed_at: datetime
    city: ServedCity
    service: ServiceType
    description: str
    details: str | None
    attributes: dict[str, Answer]
    media: tuple[Media, ...]
    location: ResolvedLocation
    language: str | None
    name: str | None
    channels: ContactChannels
    reporter_ref: str | None
    screening: Screening


def validate(
    handed_in: SubmissionReceived, received_at: datetime, policy: IntakePolicy
) -> ValidatedSubmission | tuple[FieldError, ...]:
    """Return the validated submission, or all its field errors at once.

    Args:
        handed_in: The submission in its envelope.
        received_at: When the router received it.
        policy: Cities, and the key of the reporters' pseudonyms.
    """
    parsed = parse(handed_in.data)
    submission = parsed.submission
    errors = list(parsed.field_errors)
    sent = sent_at(handed_in.time, received_at)
    if sent is None:
        errors.append(bad_time())
    if submission is None:
        return tuple(errors)
    city = policy.cities.get(submission.jurisdiction)
    service = _service(submission, city)
    found = _field_errors(submission, city, service, policy)
    errors += without_redundant(found, errors)
    if errors or city is None or service is None or sent is None:
        return tuple(errors)
    return _normalize(handed_in, submission, sent, city, service, policy)


def _service(submission: Submission, city: ServedCity | None) -> ServiceType | None:
    if city is None:
        return None
    services = city.jurisdiction.services
    if submission.service_code is not None:
        return services.get(submission.service_code)
    return services[classify(submission.description or "", city.jurisdiction)]


def _field_errors(
    submission: Submission,
    city: ServedCity | None,
    service: ServiceType | None,
    policy: IntakePolicy,
) -> list[FieldError]:
    errors = []
    if city is None:
        errors.append(unknown_jurisdiction(policy.cities))
    elif service is None:
        errors.append(unknown_service_code())
    needs_location = service is None or service.needs.location
    errors += missing_fields(submission, needs_location=needs_location)
    reporter = submission.reporter or _NO_REPORTER
    tags = {"language": submission.language, "reporter.language": reporter.language}
    errors += [
        bad_language(field) for field, tag in tags.items() if tag and not is_language_tag(tag)
    ]
    return errors


def _normalize(  # noqa: PLR0913, PLR0917 - all that validation has established
    handed_in: SubmissionReceived,
    submission: Submission,
    sent: SentAt,
    city: ServedCity,
    service: ServiceType,
    policy: IntakePolicy,
) -> ValidatedSubmission:
    reporter = submission.reporter or _NO_REPORTER
    at = submission.location or _NO_LOCATION
    point = _point(at)
    known = KnownPii(
        normalize_or_none(reporter.name),
        normalize_or_none(reporter.email),
        normalize_or_none(reporter.phone),
    )
    account_id = normalize_or_none(reporter.account_id)
    redactor = city.redactor
    description, details = (
        redactor.redact_text(normalize_text(text or ""), known)
        for text in (submission.description, at.details)
    )
    address = redactor.redact_address(normalize_text(at.address or ""), known)
    attributes = redactor.redact_attributes(normalize_attributes(submission.attributes), known)
    channels = contact_channels(known.email, known.phone, redactor.region)
    holds_contact = redactor.holds_contact(handed_in.id, known)
    return ValidatedSubmission(
        handed_in=handed_in,
        cause=handed_in.anonymous() if holds_contact else handed_in,
        submission=submission,
        sent=sent,
        observed_at=event_time(submission.observed_at, sent.moment),
        city=city,
        service=service,
        description=description,
        details=details or None,
        attributes=attributes,
        media=tuple(_media(submission.media, redactor, known, policy.public_url)),
        location=resolve_location(
            point, at.accuracy_m, address or None, city.jurisdiction.default_points
        ),
        language=submission.language or reporter.language or None,
        name=known.name,
        channels=channels,
        reporter_ref=reporter_ref(policy.reporter_key, handed_in.source, account_id, channels),
        screening=city.screen.screen(
            service,
            "\n".join(filter(None, (description, details))),
            attributes,
            is_classified=submission.service_code is None,
        ),
    )


def _media(
    media: Iterable[Media], redactor: Redactor, known: KnownPii, public_url: str
) -> Iterator[Media]:
    """Yield the addresses of media, redacted; those of our own pictures hold nothing to redact."""
    for medium in media:
        if media_id_of(medium.url, public_url):
            yield Media(url=medium.url, media_type=KEPT_MEDIA_TYPE)
            continue
        if url := redactor.redact_url(normalize_text(medium.url), known):
            media_type = normalize_or_none(medium.media_type)
            if media_type and redactor.holds_contact(media_type, known):
                media_type = None
            yield Media(url=url, media_type=media_type)


def _point(at: SubmittedLocation) -> GeoPoint | None:
    if at.latitude is None or at.longitude is None:
        return None
    return GeoPoint(at.latitude, at.longitude)

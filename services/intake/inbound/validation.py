"""Validation: from submissions to normalized, redacted ones, or to all their field errors."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from services.intake.identifiers import (
    ContactChannels,
    SubmissionKey,
    contact_channels,
    reporter_ref,
)
from services.intake.inbound.parsing import (
    BAD_TIME,
    ID_REUSED,
    UNKNOWN_SERVICE_CODE,
    bad_language,
    missing_fields,
    normalize_attributes,
    parse,
    unknown_jurisdiction,
    without_contact,
    without_redundant,
)
from services.intake.pictures import KEPT_MEDIA_TYPE, media_id_of
from services.intake.policy import CityAddress, IntakePolicy, ServedCity
from services.intake.records.submissions import RawSubmission
from services.intake.rules.classification import choose_code, likely_kinds
from services.intake.rules.event_time import SentAt, event_time, sent_at
from services.intake.rules.location import ResolvedLocation, resolve_location
from services.intake.rules.screening import Screening
from shared.catalogue import ServiceType
from shared.catalogue.judgement import TextConditions, read_text
from shared.catalogue.report_reader import free_text
from shared.contract.events import (
    FieldError,
    Media,
    Reporter,
    Submission,
    SubmissionReceived,
    SubmittedLocation,
)
from shared.redaction import Answer, KnownPii, Redactor
from shared.runtime.cooperative import CooperativeYield, in_turns
from shared.text_matching.normalization import is_language_tag, normalize_or_none, normalize_text
from shared.vocabulary import GeoPoint

# Sources of conversations: the person was asked for the place, so it may be missing.
#
# Only intake gives these sources.
WITHOUT_PLACE = frozenset({"/email", "/sms"})
_NO_REPORTER = Reporter()
_NO_LOCATION = SubmittedLocation()


class ValidatedSubmission(NamedTuple):
    """A valid submission: everything of a request but its ids.

    Contact data are in ``name`` and ``channels`` alone; all texts are normalized and redacted.

    Attributes:
        cause: The envelope for events that others read, without an id that holds contact data.
        observed_at: Event time, UTC.
        language: Of the text, or else of the reporter; BCP 47.
    """

    envelope: SubmissionReceived
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

    @property
    def is_unsure(self) -> bool:
        """True when its text tells no kind that is likely enough."""
        is_classified = self.submission.service_code is None
        return is_classified and self.service.code == self.city.jurisdiction.other_code


_Parts: TypeAlias = tuple[Submission, SentAt, ServedCity, ServiceType, TextConditions | None]


def validate(
    envelope: SubmissionReceived, received_at: datetime, policy: IntakePolicy
) -> ValidatedSubmission | tuple[FieldError, ...]:
    """Return the validated submission, or all its field errors at once."""
    parts, errors = _examine(envelope, received_at, policy)
    return errors if errors or parts is None else _normalize(envelope, *parts, policy)


def read_partly(
    envelope: SubmissionReceived, received_at: datetime, policy: IntakePolicy
) -> tuple[ValidatedSubmission | None, tuple[FieldError, ...]]:
    """Return the readable part of a submission, None without city or kind, and all field errors."""
    parts, errors = _examine(envelope, received_at, policy)
    return _normalize(envelope, *parts, policy) if parts else None, errors


def _examine(
    envelope: SubmissionReceived, received_at: datetime, policy: IntakePolicy
) -> tuple[_Parts | None, tuple[FieldError, ...]]:
    parsed = parse(envelope.data)
    submission = parsed.submission
    errors = list(parsed.field_errors)
    sent = sent_at(envelope.time, received_at)
    if sent is None:
        errors.append(BAD_TIME)
    if submission is None:
        return None, tuple(errors)
    city = policy.cities.get(submission.jurisdiction)
    if any_city := city or next(iter(policy.cities.values()), None):
        errors = list(without_contact(errors, any_city.redactor))
    service, read = _kind(submission, city)
    found = _field_errors(submission, city, service, policy)
    if envelope.source in WITHOUT_PLACE:
        found = [error for error in found if error.code != "missing_location"]
    errors += without_redundant(found, errors)
    if city is None or service is None:
        return None, tuple(errors)
    return (submission, sent or SentAt(received_at), city, service, read), tuple(errors)


def _kind(
    submission: Submission, city: ServedCity | None
) -> tuple[ServiceType | None, TextConditions | None]:
    if city is None:
        return None, None
    services = city.jurisdiction.services
    if submission.service_code is not None:
        return services.get(submission.service_code), None
    text = submission.description or ""
    read = read_text(text, city.jurisdiction)
    kinds = likely_kinds(read, city.jurisdiction)
    return services[choose_code(kinds, city.jurisdiction)], read


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
        errors.append(UNKNOWN_SERVICE_CODE)
    needs_location = service is None or service.needs.location
    errors += missing_fields(submission, needs_location=needs_location)
    reporter = submission.reporter or _NO_REPORTER
    tags = {"language": submission.language, "reporter.language": reporter.language}
    errors += [
        bad_language(field) for field, tag in tags.items() if tag and not is_language_tag(tag)
    ]
    return errors


def _normalize(  # noqa: PLR0913, PLR0917 - all that validation has established
    envelope: SubmissionReceived,
    submission: Submission,
    sent: SentAt,
    city: ServedCity,
    service: ServiceType,
    read: TextConditions | None,
    policy: IntakePolicy,
) -> ValidatedSubmission:
    reporter = submission.reporter or _NO_REPORTER
    at = submission.location or _NO_LOCATION
    known = _known_pii(reporter)
    account_id = normalize_or_none(reporter.account_id)
    redactor = city.redactor
    description = redactor.redact_text(normalize_text(submission.description or ""), known)
    details = redactor.redact_text(normalize_text(at.details or ""), known)
    attributes = redactor.redact_attributes(normalize_attributes(submission.attributes), known)
    text = free_text(description, details)
    channels = contact_channels(known.email, known.phone, redactor.region)
    is_message_id = envelope.source == "/email"  # it only looks like an address
    holds_contact = (redactor.holds_known if is_message_id else redactor.holds_contact)(
        envelope.id, known
    )
    return ValidatedSubmission(
        envelope=envelope,
        cause=envelope.anonymous() if holds_contact else envelope,
        submission=submission,
        sent=sent,
        observed_at=event_time(submission.observed_at, sent.moment),
        city=city,
        service=service,
        description=description,
        details=details or None,
        attributes=attributes,
        media=tuple(redact_media(submission.media, redactor, known, policy.public_url)),
        location=_location(at, city, known),
        language=submission.language or reporter.language or None,
        name=known.name,
        channels=channels,
        reporter_ref=reporter_ref(policy.reporter_key, envelope.source, account_id, channels),
        screening=city.screen.screen(
            service,
            text,
            attributes,
            is_classified=submission.service_code is None,
            read=read if text == submission.description else None,
        ),
    )


def redact_media(
    media: Iterable[Media], redactor: Redactor, known: KnownPii, public_url: str
) -> Iterator[Media]:
    """Yield links to media without contact data; those of our own pictures stay as they are."""
    for medium in media:
        if media_id_of(medium.url, public_url):
            yield Media(url=medium.url, media_type=KEPT_MEDIA_TYPE)
            continue
        if url := redactor.redact_url(normalize_text(medium.url), known):
            media_type = normalize_or_none(medium.media_type)
            if media_type and redactor.holds_contact(media_type, known):
                media_type = None
            yield Media(url=url, media_type=media_type)


async def addresses_alone(
    submissions: Iterable[SubmissionReceived], policy: IntakePolicy
) -> list[CityAddress]:
    """Return the addresses of those submissions that have no other location."""
    found = await in_turns(lambda one: _address_alone(one.data, policy), submissions)
    return [address for address in found if address]


def _address_alone(data: Any, policy: IntakePolicy) -> CityAddress | None:  # noqa: ANN401 - any JSON
    submission = parse(data).submission
    city = policy.cities.get(submission.jurisdiction) if submission else None
    if submission is None or city is None or submission.location is None:
        return None
    known = _known_pii(submission.reporter or _NO_REPORTER)
    location = _location(submission.location, city, known)
    if location.point is not None or location.address is None:
        return None
    return CityAddress(city.jurisdiction.id, location.address)


def _known_pii(reporter: Reporter) -> KnownPii:
    return KnownPii(
        normalize_or_none(reporter.name),
        normalize_or_none(reporter.email),
        normalize_or_none(reporter.phone),
    )


def _location(at: SubmittedLocation, city: ServedCity, known: KnownPii) -> ResolvedLocation:
    address = city.redactor.redact_address(normalize_text(at.address or ""), known)
    point = None
    if at.latitude is not None and at.longitude is not None:
        point = GeoPoint(at.latitude, at.longitude)
    return resolve_location(point, at.accuracy_m, address or None, city.jurisdiction.default_points)


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """A submission without a receipt; not the first if its id was used for other data before."""

    raw: RawSubmission
    first: bool
    result: ValidatedSubmission | tuple[FieldError, ...]


async def validate_new(
    submissions: Iterable[tuple[SubmissionKey, RawSubmission]],
    known: Collection[SubmissionKey],
    policy: IntakePolicy,
    now: datetime,
) -> dict[SubmissionKey, NewSubmission]:
    """Validate each submission without a receipt, once and in order; ``known`` have one."""
    identities = {identity for identity, _ in known}
    new: dict[SubmissionKey, NewSubmission] = {}
    cooperative = CooperativeYield()
    for key, raw in submissions:
        if key in known or key in new:
            continue
        identity, _ = key
        first = identity not in identities
        result = validate(raw.envelope, now, policy) if first else (ID_REUSED,)
        new[key] = NewSubmission(raw, first, result)
        identities.add(identity)
        await cooperative.maybe_yield()
    return new

"""From a submission to the draft of a request, or to all that is wrong with it."""

from dataclasses import dataclass
from datetime import datetime

from services.intake.inbound.parsing import parse
from services.intake.policy import City, Policy
from services.intake.rules.classification import classify
from services.intake.rules.event_time import SentAt, event_time, sent_at
from services.intake.rules.language import is_language_tag
from services.intake.rules.location import ResolvedLocation, resolve_location
from services.intake.rules.redaction import Answer, KnownPii
from services.intake.rules.reporter import ContactChannels, contact_channels, reporter_ref
from services.intake.rules.required_fields import (
    FieldProblem,
    ProvidedFields,
    bad_language,
    bad_time,
    missing_fields,
    unknown_jurisdiction,
    unknown_service_code,
    without_echoes,
)
from services.intake.rules.screening import Screening
from services.intake.rules.text import normalize_or_none, normalize_text
from shared.catalogue import ServiceType
from shared.contract.events import (
    Media,
    Reporter,
    Submission,
    SubmissionHandedIn,
    SubmittedLocation,
)
from shared.text_matching import fold
from shared.vocabulary import GeoPoint

_NO_REPORTER = Reporter()
_NO_LOCATION = SubmittedLocation()


@dataclass(frozen=True, slots=True)
class ValidatedSubmission:
    """A request that lacks its number; contact data are in ``name`` and ``reached`` alone."""

    handed_in: SubmissionHandedIn
    submission: Submission
    sent: SentAt
    observed_at: datetime
    city: City
    service: ServiceType
    description: str
    details: str | None
    attributes: dict[str, Answer]
    media: tuple[Media, ...]
    place: ResolvedLocation
    language: str | None
    name: str | None
    reached: ContactChannels
    reporter_ref: str | None
    screening: Screening


def validate(
    handed_in: SubmissionHandedIn, arrived_at: datetime, policy: Policy
) -> ValidatedSubmission | tuple[FieldProblem, ...]:
    """Return the draft of a request, or every flaw of the submission at once."""
    reading = parse(handed_in.data)
    sent = sent_at(handed_in.time, arrived_at)
    flaws = reading.errors if sent else (*reading.errors, bad_time())
    said = reading.submission
    if said is None:
        return flaws
    city = policy.cities.get(said.jurisdiction)
    service = _service(said, city)
    flaws += without_echoes(_flaws(said, city, service, policy), flaws)
    if flaws or city is None or service is None or sent is None:
        return flaws
    return _draft(handed_in, said, sent, city, service, policy)


def _service(said: Submission, city: City | None) -> ServiceType | None:
    if city is None:
        return None
    services = city.jurisdiction.services
    if said.service_code is not None:
        return services.get(said.service_code)
    return services[classify(said.description or "", city.jurisdiction)]


def _flaws(
    said: Submission, city: City | None, service: ServiceType | None, policy: Policy
) -> list[FieldProblem]:
    flaws = []
    if city is None:
        flaws.append(unknown_jurisdiction(policy.cities))
    elif service is None:
        flaws.append(unknown_service_code())
    at, reporter = said.location or _NO_LOCATION, said.reporter
    flaws += missing_fields(
        ProvidedFields(
            words=bool(said.description and normalize_text(said.description)),
            service_code=said.service_code,
            latitude=at.latitude is not None,
            longitude=at.longitude is not None,
            address=normalize_or_none(at.address) is not None,
            needs_location=service is None or service.needs.location,
        )
    )
    tags = {"language": said.language, "reporter.language": reporter and reporter.language}
    flaws += [
        bad_language(field) for field, tag in tags.items() if tag and not is_language_tag(tag)
    ]
    return flaws


def _draft(  # noqa: PLR0913, PLR0917 - all that checking found out
    handed_in: SubmissionHandedIn,
    said: Submission,
    sent: SentAt,
    city: City,
    service: ServiceType,
    policy: Policy,
) -> ValidatedSubmission:
    reporter, at = said.reporter or _NO_REPORTER, said.location or _NO_LOCATION
    person = KnownPii(
        normalize_or_none(reporter.name),
        normalize_or_none(reporter.email),
        normalize_or_none(reporter.phone),
    )
    reached = contact_channels(person.email, person.phone, city.redactor.region)
    description = city.redactor.redact_text(normalize_text(said.description or ""), person)
    details = city.redactor.redact_text(normalize_text(at.details or ""), person)
    address = city.redactor.redact_text(normalize_text(at.address or ""), person)
    answers = {
        normalize_text(name): _clean_answer(answer) for name, answer in said.attributes.items()
    }
    answers.pop("", None)
    attributes = city.redactor.redact_attributes(answers, person)
    return ValidatedSubmission(
        handed_in=handed_in,
        submission=said,
        sent=sent,
        observed_at=event_time(said.observed_at, sent.moment),
        city=city,
        service=service,
        description=description,
        details=details or None,
        attributes=attributes,
        media=tuple(_clean_media(medium) for medium in said.media),
        place=resolve_location(
            _point(at), at.accuracy_m, address or None, city.jurisdiction.default_points
        ),
        language=said.language or reporter.language or None,
        name=person.name,
        reached=reached,
        reporter_ref=reporter_ref(
            policy.reporter_key, handed_in.source, normalize_or_none(reporter.account_id), reached
        ),
        screening=city.screen.screen(service, fold(f"{description}\n{details}"), attributes),
    )


def _clean_answer(answer: Answer) -> Answer:
    if isinstance(answer, str):
        return normalize_text(answer)
    return [normalize_text(part) for part in answer] if isinstance(answer, list) else answer


def _clean_media(medium: Media) -> Media:
    return Media(url=normalize_text(medium.url), media_type=normalize_or_none(medium.media_type))


def _point(at: SubmittedLocation) -> GeoPoint | None:
    if at.latitude is None or at.longitude is None:
        return None
    return GeoPoint(at.latitude, at.longitude)

"""Preview of a submission: its kind, questions, advice and open cases nearby; nothing is kept."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from services.intake.identifiers import without_numbers
from services.intake.inbound.validation import ValidatedSubmission, read_partly
from services.intake.outbound import advice_for, locate_areas, named_kinds
from services.intake.places.gazetteer import Gazetteer, geocode, geocoders_of
from services.intake.policy import Geocoder, IntakePolicy, Prefetch
from services.intake.public_status.nearby import NearbyCase, NearQuery, find_near
from services.intake.records.submissions import KnownPlace, SubmissionPreview
from shared.catalogue import Attribute, Jurisdiction, ServiceType
from shared.catalogue.referral import outside_agency
from shared.contract.events import FieldError, SubmissionReceived
from shared.errors import SystemicError, TransientError
from shared.runtime.clock import format_moment, utc_now
from shared.runtime.http.deadline import Deadline
from shared.runtime.postgres import Pool
from shared.spoken_languages import SpokenLanguage, language_of
from shared.text_matching.normalization import normalize_or_none
from shared.vocabulary import distance_m

_LEAST_RADIUS_M = 100.0
_SAME_PLACE_M = 250.0
# Questions that are shown at once; the others follow on demand.
FIRST_QUESTIONS = 3


async def preview(
    envelope: SubmissionReceived,
    policy: IntakePolicy,
    pool: Pool,
    prefetch: Prefetch | None,
    *,
    best_effort: bool = False,
) -> SubmissionPreview:
    """Preview a submission, which may lack anything; best effort goes without the database."""
    readable, errors = read_partly(envelope, utc_now(), policy)
    near: Sequence[NearbyCase] = ()
    found, is_looked_up = None, False
    ignored = (SystemicError, TransientError) if best_effort else ()
    if readable:
        look = _look(envelope, readable, policy, pool, prefetch)
        with suppress(*ignored):
            readable, near, found = await Deadline().wait_for(look)
            is_looked_up = True
    at = readable.location if readable else None
    is_lost = is_looked_up and at is not None and at.precision == "address" and not at.point
    is_lost = is_lost and readable is not None and not locate_areas([readable])[0].municipality
    view = render_preview(readable, errors, near, policy.languages)
    return SubmissionPreview(
        view | {"place_unknown": is_lost},
        errors,
        found=found,
        is_lost=is_lost,
        apart_m=at.disagrees_m if at else None,
    )


async def _look(
    envelope: SubmissionReceived,
    readable: ValidatedSubmission,
    policy: IntakePolicy,
    pool: Pool,
    prefetch: Prefetch | None,
) -> tuple[ValidatedSubmission, Sequence[NearbyCase], KnownPlace | None]:
    if prefetch:
        await prefetch([envelope])
    located = await locate(readable, geocoders_of(pool, policy))
    query = near_query(located)
    near = await find_near(pool, query) if query else ()
    return located, near, await _found(located, policy, pool)


async def _found(
    located: ValidatedSubmission, policy: IntakePolicy, pool: Pool
) -> KnownPlace | None:
    """Return the place of the address with its name in the gazetteer, if that is where it knows."""
    at, city = located.location, located.city
    if at.point is None or at.address is None or at.precision != "address":
        return None
    for place in await Gazetteer(pool, policy.jurisdictions).find(city, at.address):
        if distance_m(place.point, at.point) <= _SAME_PLACE_M:
            return place
    return KnownPlace(at.address, "address", at.point, None)


async def locate(
    readable: ValidatedSubmission, geocoders: Sequence[Geocoder]
) -> ValidatedSubmission:
    """Return the submission with the point of its address, where a geocoder knows it."""
    [location] = await geocode([(readable.city.jurisdiction.id, readable.location)], geocoders)
    return readable._replace(location=location)


def near_query(readable: ValidatedSubmission | None) -> NearQuery | None:
    """Return the search for open cases nearby; None without a kind or a point.

    The radius is 100 m, or the largest of the kinds of its dedup group where that is more.
    """
    submission = _with_kind(readable)
    at = submission.location if submission else None
    if submission is None or at is None or at.point is None or at.precision == "default":
        return None
    city, group = submission.city.jurisdiction, submission.service.dedup.group
    kinds = [city.services[code] for code in city.dedup_groups[group]]
    return NearQuery(
        city.id,
        group,
        at.point,
        max(_LEAST_RADIUS_M, *(kind.dedup.radius_m for kind in kinds)),
        [kind.code for kind in kinds if kind.private],
    )


def render_preview(
    readable: ValidatedSubmission | None,
    errors: Sequence[FieldError],
    near: Sequence[NearbyCase],
    languages: Mapping[str, SpokenLanguage],
) -> dict[str, Any]:
    """Return the response, with texts in the language of the submission."""
    submission = _with_kind(readable)
    view: dict[str, Any] = {
        "language": None,
        "place_unknown": False,
        "service_code": None,
        "service_name": None,
        "kinds": [],
        "unsure": False,
        "danger": [],
        "questions": [],
        "advice": [],
        "referral": None,
        "priority": None,
        "near": [],
    }
    if readable is not None:
        view["advice"] = [one.model_dump() for one in advice_for(readable, languages)]
    if submission is not None:
        spoken = language_of(languages, submission.language)
        language = spoken.tag
        city, service = submission.city.jurisdiction, submission.service
        view |= {
            "language": language,
            "service_code": service.code,
            "service_name": service.name.in_language(language),
            "kinds": [
                kind.model_dump()
                for kind in named_kinds(submission.screening.kinds, city, language)
            ],
            "unsure": submission.is_unsure,
            "danger": list(submission.screening.dangers),
            "questions": _questions(submission, spoken),
            "referral": _referral(submission, spoken),
            "priority": submission.screening.level,
            "near": [_near(case, city, language) for case in near],
        }
    return view | {"errors": [error.model_dump() for error in errors]}


def _with_kind(readable: ValidatedSubmission | None) -> ValidatedSubmission | None:
    """Return the submission if it names or describes a kind: a place alone has none."""
    if readable is None:
        return None
    named = readable.submission.service_code or normalize_or_none(readable.submission.description)
    return readable if named else None


def _questions(submission: ValidatedSubmission, language: SpokenLanguage) -> list[dict[str, Any]]:
    questions = open_questions(
        submission.service,
        submission.city.jurisdiction,
        submission.screening.judgement.conditions,
        submission.attributes,
    )
    return [
        {
            "code": one.code,
            "text": language.say(one.name),
            "datatype": one.datatype,
            "required": one.required,
            "first": number < FIRST_QUESTIONS,
            "values": [{"key": key, "name": language.say(name)} for key, name in one.values],
        }
        for number, one in enumerate(questions)
    ]


def open_questions(
    service: ServiceType, city: Jurisdiction, stated: Collection[str], answered: Collection[str]
) -> Sequence[Attribute]:
    """Return the questions that could make the report urgent, then required ones, then the rest.

    A question is left out where the text states a condition that an answer to it would state. One
    that is required, or has an answer of its own already, never is.
    """
    urgent = city.danger_conditions.union(service.hazard_conditions)

    def tells(question: Attribute) -> set[str]:
        return {condition.code for condition in city.conditions_by_attribute.get(question.code, ())}

    def rank(question: Attribute) -> int:
        told = tells(question)
        if not urgent.isdisjoint(told) or city.hazard(told):
            return 0
        return 1 if question.required else 2

    left = [
        question
        for question in service.attributes
        if question.required or question.code in answered or tells(question).isdisjoint(stated)
    ]
    return sorted(left, key=rank)


def _referral(submission: ValidatedSubmission, language: SpokenLanguage) -> dict[str, Any] | None:
    city = submission.city.jurisdiction
    [area] = locate_areas([submission])
    found = outside_agency(
        city, submission.service, area.municipality, submission.screening.conditions
    )
    if found is None:
        return None
    agency, text = found.agency, city.referral_reasons.get(found.reason or "")
    return {
        "agency": agency.code,
        "name": agency.name,
        "phone": agency.phone,
        "url": agency.url,
        "reason": {"code": found.reason, "text": language.say(text)} if text else None,
        "outside_city": found.is_neighbour,
    }


def _near(case: NearbyCase, city: Jurisdiction, language: str) -> dict[str, Any]:
    service = city.services.get(case.service_code)
    return {
        "case_id": case.case_id,
        "service_name": service.name.in_language(language) if service else case.service_code,
        "status": case.status,
        "distance_m": round(case.distance_m, 1),
        "first_reported_at": format_moment(case.first_reported_at),
        "request_count": case.request_count,
        "description": without_numbers(case.description or "") or None,
        "media_id": case.media_id,
    }

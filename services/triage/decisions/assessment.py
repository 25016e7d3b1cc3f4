"""Assess one request by itself, before it is compared with other reports."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, TypeAlias

from pydantic import Field
from uuid_utils import UUID

from services.triage.policy import Assessment, CityPolicy, TriagePolicy
from services.triage.rules.dedup.case_index import CandidateQuery, build_query
from services.triage.rules.dedup.features import address_key
from services.triage.rules.dedup.model import Report, ReportPlace, TriageCase
from services.triage.rules.derived_ids import TIME_BYTES, derived_uuid7
from services.triage.rules.priority.location import ReportLocation
from shared.catalogue import ServiceType
from shared.catalogue.answers import Answer
from shared.catalogue.judgement import LocatedJudgement
from shared.catalogue.report_reader import free_text
from shared.contract.events import Data, Location, Request, SubmittedRequest
from shared.contract.events.submissions import AttributeValue
from shared.contract.topics import dedup_key
from shared.errors import PermanentError
from shared.vocabulary import GeoPoint

_UNLOCATED = frozenset({"default", "none"})
_EXACT = frozenset({"point", "address"})
_LIKELY = 0.05  # least probability of a kind that a text may be about
# Attributes that a plain question may have; any other makes it a report.
_QUESTION_FIELDS = frozenset({"topic", "language"})


class UnknownKindError(PermanentError):
    """The catalogue of this process does not have the request's city or kind."""

    code = "unknown_kind"


class InvalidRequestError(PermanentError):
    """A field of the request has a value that intake never writes."""

    code = "unfit_request"


class StatedParts(Data):
    """The parts of a request that determine its priority by itself; empty for an old request."""

    description: str = ""
    """The reporter's words."""
    language: str | None = None
    """BCP 47 tag of the description."""
    location: Location = Location(precision="none")
    """Location of the problem."""
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    """Answers to the kind's questions."""
    classified: bool = False
    """True when the kind was derived from the text."""

    @classmethod
    def json_of(cls, request: Request) -> str:
        """Return these parts of a request as JSON."""
        return request.model_dump_json(include=_STATED)


_STATED = set(StatedParts.model_fields)


class AssessedReport(NamedTuple):
    """One request with everything that needs no other report.

    Attributes:
        new_case: The case that it opens when it matches no other.
        query: Search for earlier cases; None when there can be none.
        answer: The FAQ answer, for a question that needs no work.
    """

    request: Request
    city: CityPolicy
    report: Report
    assessment: Assessment
    new_case: TriageCase
    query: CandidateQuery | None
    answer: Answer | None = None


def assess_report(request: SubmittedRequest, policy: TriagePolicy) -> AssessedReport:
    """Apply the rules of the request's city that need no other report.

    Raises:
        UnknownKindError: The catalogue has no such city or kind.
        InvalidRequestError: The id is not a UUID, or the point is not on Earth.
    """
    city = policy.cities.get(request.jurisdiction)
    service = city.services.get(request.service_code) if city else None
    if city is None or service is None:
        raise UnknownKindError("jurisdiction, service_code: not in the catalogue")
    assessment = assess(request, service, city, _located(request, policy))
    report = to_report(request, city)._replace(dangers=frozenset(assessment.dangers))
    key = dedup_key(request.jurisdiction, request.dedup_group)
    answer = _answer(city, service, request, assessment)
    is_left_to_others = assessment.referral is not None and assessment.referral.replaces_city
    has_query = answer is None and not is_left_to_others and is_findable(service, report)
    return AssessedReport(
        request,
        city,
        report,
        assessment,
        _new_case(key, report),
        build_query(report, key, city.search_extent(service)) if has_query else None,
        answer,
    )


def assess(
    stated: Request | StatedParts,
    service: ServiceType,
    city: CityPolicy,
    located: LocatedJudgement | None = None,
) -> Assessment:
    """Apply the rules for priority, emergencies and referrals to the stated parts of a request.

    Args:
        stated: A request, or one extended by its notes.
        located: An earlier judgement of its text by the same rules, if there is one.

    Raises:
        InvalidRequestError: The point is not on Earth.
    """
    location = stated.location
    exact_point = _point(location) if location.precision == "point" else None
    return city.assess(
        service,
        _text(stated),
        stated.attributes,
        location.municipality,
        ReportLocation(location.address, exact_point),
        is_classified=stated.classified,
        located=located,
    )


def to_report(request: Request, city: CityPolicy) -> Report:
    """Extract the features of a request that dedup compares; raises as ``report_place``.

    Its dangers are those of its assessment.
    """
    place, features, text = report_place(request.location, city), city.features, _text(request)
    words, kind_words = features.words(text, request.service_code)
    return Report(
        request.request_id,
        request.service_code,
        request.observed_at,
        place.point,
        place.address,
        request.reporter_ref,
        place.position_error_m,
        words,
        features.particulars(text, request.attributes),
        kind_words=kind_words,
        likely_kinds=frozenset(
            kind.service_code for kind in request.kinds if kind.probability >= _LIKELY
        ),
        is_unsure=request.unsure or request.service_code == city.other_code,
    )


def report_place(location: Location, city: CityPolicy) -> ReportPlace:
    """Extract the features of a location that dedup compares.

    Raises:
        InvalidRequestError: The point is not on Earth.
    """
    is_exact = location.precision in _EXACT
    address = address_key(location.address) if is_exact and location.address else None
    return ReportPlace(
        None if location.precision in _UNLOCATED else _point(location),
        address,
        city.features.position_error_m(location.accuracy_m, location.precision, address),
    )


def is_findable(service: ServiceType, report: Report) -> bool:
    """Return True when later reports can match a case that this report opens."""
    reporter = None if service.dedup.radius_m else report.reporter
    search_terms = (report.point, report.address, reporter)
    return bool(service.dedup.window) and any(term is not None for term in search_terms)


def case_id_for(request_id: str) -> str:
    """Return the id of the case that a request opens: a UUIDv7 with the request's own time.

    The id is deterministic: when triage has lost its tables and reads the log again, each case gets
    its id back.

    Raises:
        ValueError: ``request_id`` is not a UUID.
    """
    octets = UUID(request_id).bytes
    return derived_uuid7(octets[:TIME_BYTES], b"case of " + octets)


PointLookup: TypeAlias = tuple[GeoPoint, datetime, datetime]
"""A point, and the first and last event time at which another use of it counts."""


def point_lookups(reports: Iterable[AssessedReport]) -> list[PointLookup]:
    """Return the points whose uses must be loaded, each once with the interval of all reports."""
    lookups: dict[GeoPoint, PointLookup] = {}
    for assessed in reports:
        limits, report = assessed.city.placeholder_limits, assessed.report
        if limits is None or report.point is None or assessed.query is None:
            continue
        since, until = report.observed_at - limits.within, report.observed_at + limits.within
        _, first, last = lookups.get(report.point, (report.point, since, until))
        lookups[report.point] = report.point, min(first, since), max(last, until)
    return list(lookups.values())


def _located(request: SubmittedRequest, policy: TriagePolicy) -> LocatedJudgement | None:
    """Return the request's own judgement, if it was made by this version of the rules."""
    given = request.judgement
    if given is None or given.version != policy.text_rules_version:
        return None
    return LocatedJudgement(given.severity, given.conditions, given.doubted)


def _answer(
    city: CityPolicy, service: ServiceType, request: Request, assessment: Assessment
) -> Answer | None:
    faq = city.faq
    if faq is None or assessment.emergency is not None or not faq.covers(service):
        return None
    values = [str(value) for code, value in request.attributes.items() if code in _QUESTION_FIELDS]
    has_more = bool(request.media) or len(values) < len(request.attributes)
    text = "\n".join((_text(request), *values))
    return faq.match(service, text, assessment.conditions, has_more=has_more)


def _text(stated: Request | StatedParts) -> str:
    return free_text(stated.description, stated.location.details)


def _point(location: Location) -> GeoPoint | None:
    if location.latitude is None or location.longitude is None:
        return None
    try:
        return GeoPoint(location.latitude, location.longitude)
    except ValueError:
        raise InvalidRequestError("location: not a point on Earth") from None


def _new_case(key: str, report: Report) -> TriageCase:
    try:
        return TriageCase(case_id_for(report.request_id), key, report)
    except ValueError:
        raise InvalidRequestError("request_id: no UUID") from None

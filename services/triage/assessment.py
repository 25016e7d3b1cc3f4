"""What a case is called."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from uuid_utils import UUID

from services.triage.policy import Assessment, CityPolicy, TriagePolicy, build_query
from services.triage.rules.dedup.addresses import address_key
from services.triage.rules.dedup.case_index import CandidateQuery
from services.triage.rules.dedup.model import Report, TriageCase
from services.triage.rules.dedup.placeholder_points import PointUse, PointUses
from services.triage.rules.priority.context import with_context
from services.triage.rules.priority.places import ReportLocation
from shared.catalogue import ServiceType
from shared.catalogue.answers import Answer
from shared.contract.events import Location, Request
from shared.contract.topics import dedup_key
from shared.errors import PermanentError
from shared.vocabulary import GeoPoint, ScoreReason

_TIME_BYTES = 6  # the first six bytes of a UUIDv7 are its moment in milliseconds (RFC 9562)


def case_id_for(request_id: str) -> str:
    """Return the id of the case that a request opens: a UUIDv7 of the request's own moment.

    The same request always opens the same case, so a triage that lost its tables and reads the
    log again calls the cases as it did before.

    Raises:
        ValueError: ``request_id`` is no UUID.
    """
    request = UUID(request_id).bytes
    made = bytearray(request[:_TIME_BYTES] + sha256(b"case of " + request).digest()[:10])
    made[6] = made[6] & 0x0F | 0x70  # version 7
    made[8] = made[8] & 0x3F | 0x80  # the variant of RFC 9562
    return str(UUID(bytes=bytes(made)))


_NO_PLACE = frozenset({"default", "none"})
_SAID = frozenset({"topic", "language"})  # answers that a question may have and still be one
_EXACT = frozenset({"point", "address"})


class UnknownKindError(PermanentError):
    """The request's city or kind is not in the catalogue that this process loaded."""

    code = "unknown_kind"


class InvalidRequestError(PermanentError):
    """A field of the request holds what intake lets nobody write."""

    code = "unfit_request"


class AssessedReport(NamedTuple):
    """One request, ready to be decided.

    Attributes:
        opens: The case that it becomes when no known case is found.
        search: Where its earlier case may be; None when there can be none.
        answer: What answers it, where it is a question that needs no work.
    """

    request: Request
    city: CityPolicy
    report: Report
    assessment: Assessment
    new_case: TriageCase
    query: CandidateQuery | None
    answer: Answer | None = None

    def with_reason(self, point: ScoreReason) -> "AssessedReport":
        """Return the same with one more circumstance that hastens it."""
        found = self.assessment
        urgency = with_context(found.priority, [point])
        return self._replace(assessment=found._replace(priority=urgency))


def assess_report(request: Request, rulebook: TriagePolicy) -> AssessedReport:
    """Return the request as the rules see it.

    Raises:
        UnknownKindError: The catalogue has no such city or kind.
        UnfitRequestError: The id is no UUID, or the point is not on Earth.
    """
    city = rulebook.cities.get(request.jurisdiction)
    service = city.services.get(request.service_code) if city else None
    if city is None or service is None:
        raise UnknownKindError("jurisdiction, service_code: not in the catalogue")
    assessment = city.assess(
        service,
        _text(request),
        request.attributes,
        request.location.municipality,
        _spot(request.location),
    )
    reach = city.search_extent(service)
    report = to_report(request, city)
    key = dedup_key(request.jurisdiction, request.dedup_group)
    answer = _answer(city, service, request, assessment)
    searched = answer is None and _can_repeat(service, report, assessment)
    return AssessedReport(
        request,
        city,
        report,
        assessment,
        _case(key, report),
        build_query(report, key, reach) if searched else None,
        answer,
    )


def _answer(
    city: CityPolicy, service: ServiceType, request: Request, assessment: Assessment
) -> Answer | None:
    answers = city.answers
    if answers is None or assessment.emergency is not None or not answers.covers(service):
        return None
    said = [str(request.attributes[code]) for code in request.attributes if code in _SAID]
    has_more = bool(request.media) or len(said) < len(request.attributes)
    text = "\n".join((_text(request), *said))
    return answers.match(service, text, assessment.conditions, has_more=has_more)


def _text(request: Request) -> str:
    return "\n".join(filter(None, (request.description, request.location.details)))


def to_report(request: Request, city: CityPolicy) -> Report:
    """Return what of the request tells whether it repeats another.

    Raises:
        UnfitRequestError: The point is not on Earth.
    """
    place = request.location
    known = place.precision not in _NO_PLACE
    exact = place.precision in _EXACT
    return Report(
        request.request_id,
        request.service_code,
        request.observed_at,
        _point(place) if known else None,
        address_key(place.address) if exact and place.address else None,
        request.reporter_ref,
        city.position_error_m(place.accuracy_m, place.precision),
        city.rare_words(request.description),
        city.asset_in(request.attributes),
    )


def _spot(place: Location) -> ReportLocation:
    return ReportLocation(place.address, _point(place) if place.precision == "point" else None)


def _point(place: Location) -> GeoPoint | None:
    if place.latitude is None or place.longitude is None:
        return None
    try:
        return GeoPoint(place.latitude, place.longitude)
    except ValueError:
        raise InvalidRequestError("location: not a point on Earth") from None


def _case(key: str, report: Report) -> TriageCase:
    try:
        return TriageCase(case_id_for(report.request_id), key, report)
    except ValueError:
        raise InvalidRequestError("request_id: no UUID") from None


def _can_repeat(service: ServiceType, report: Report, assessment: Assessment) -> bool:
    if assessment.referral is not None and assessment.referral.replaces_city:
        return False
    return is_findable(service, report)


def is_findable(service: ServiceType, report: Report) -> bool:
    """Whether a case that the report opens can be found again by what later ones say."""
    person = None if service.dedup.radius_m else report.reporter
    found_by = (report.point, report.address, person)
    return bool(service.dedup.window) and any(mark is not None for mark in found_by)


PointLookup: TypeAlias = tuple[GeoPoint, datetime, datetime]
"""A point, and the times since when and until when its uses count."""


def drop_placeholder_point(hearing: AssessedReport, uses: PointUses) -> AssessedReport:
    """Return the hearing without its place where its point stands for many places."""
    limits, report = hearing.city.placeholder_limits, hearing.report
    if limits is None or report.point is None or not report.is_placed:
        return hearing
    use = PointUse(report.point, hearing.new_case.key, report.observed_at)
    if not uses.is_placeholder(use, limits):
        return hearing
    report = report._replace(is_placed=False)
    search = hearing.query
    return hearing._replace(
        report=report,
        new_case=hearing.new_case._replace(opening=report),
        query=search._replace(boxes=()) if search else None,
    )


def point_lookups(hearings: Iterable[AssessedReport]) -> list[PointLookup]:
    """Return what must be known of the points before the reports can be placed."""
    wanted: dict[GeoPoint, PointLookup] = {}
    for hearing in hearings:
        limits, report = hearing.city.placeholder_limits, hearing.report
        if limits is None or report.point is None or hearing.query is None:
            continue
        since, until = report.observed_at - limits.within, report.observed_at + limits.within
        _, first, last = wanted.get(report.point, (report.point, since, until))
        wanted[report.point] = report.point, min(first, since), max(last, until)
    return list(wanted.values())

"""Back-test: decides past requests again by the current rules, in order of event time."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import thread_time_ns
from uuid import NAMESPACE_OID, uuid5

from services.triage.decisions.assessment import assess_report
from services.triage.decisions.resolution import resolve
from services.triage.outbound import to_decision
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.case_index import CaseIndex
from shared.catalogue import Jurisdiction
from shared.contract.events import Decision, Location, SubmittedRequest
from shared.vocabulary import GeoPoint, LocationPrecision, distance_m
from workbench.evaluation.exports import PastRequest, RequestHistory

_SAME_POINT_M = 1.0  # the resolution of coordinates with five decimal places
_NS_PER_US = 1000


@dataclass(frozen=True, slots=True)
class BacktestDecision:
    """The decision on a past request.

    Attributes:
        microseconds: Processor time of assessing and deciding it.
    """

    row: PastRequest
    decision: Decision
    microseconds: float


def backtest(past: RequestHistory, policy: TriagePolicy) -> Iterator[BacktestDecision]:
    """Decide each request by the rules of triage against the cases of earlier requests.

    Cases stay open for ever, because exports have no reliable closing times.
    """
    known = CaseIndex()
    for row in past.rows:
        request = request_of(row, past.city)
        began = thread_time_ns()
        resolution = resolve(assess_report(request, policy), known)
        decision = to_decision(resolution, policy.version)
        yield BacktestDecision(row, decision, (thread_time_ns() - began) / _NS_PER_US)


def request_of(row: PastRequest, city: Jurisdiction) -> SubmittedRequest:
    """Return the request that intake would publish for the same report."""
    return SubmittedRequest(
        request_id=str(uuid5(NAMESPACE_OID, row.request_id)),
        tracking_number=row.request_id,
        jurisdiction=city.id,
        channel="web",
        service_code=row.kind,
        dedup_group=city.services[row.kind].dedup.group,
        description=row.description,
        location=_location(row, city),
        submitted_at=row.reported_at,
        observed_at=row.reported_at,
        lane="standard",
    )


def _location(row: PastRequest, city: Jurisdiction) -> Location:
    """Return the location that intake would resolve for the same report."""
    point = _point(row)
    if point is not None and _is_default(point, city):
        point = None if row.address else point
        precision: LocationPrecision = "address" if row.address else "default"
    else:
        precision = "point" if point else "address" if row.address else "none"
    return Location(
        latitude=point.latitude if point else None,
        longitude=point.longitude if point else None,
        address=row.address,
        precision=precision,
        municipality=city.id,
    )


def _point(row: PastRequest) -> GeoPoint | None:
    if row.latitude is None or row.longitude is None:
        return None
    return GeoPoint(row.latitude, row.longitude)


def _is_default(point: GeoPoint, city: Jurisdiction) -> bool:
    defaults = (GeoPoint(0, 0), *city.default_points)
    return any(distance_m(point, default) < _SAME_POINT_M for default in defaults)

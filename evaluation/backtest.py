"""Deciding past requests again, in the order in which they happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import thread_time_ns
from uuid import NAMESPACE_OID, uuid5

from evaluation.exports import PastRequest, RequestHistory
from services.triage.assessment import assess_report
from services.triage.outbound.decision import to_decision
from services.triage.policy import TriagePolicy
from services.triage.resolution import resolve
from services.triage.rules.dedup.case_index import CaseIndex
from shared.catalogue import Jurisdiction
from shared.contract.events import Decision, Location, Request
from shared.vocabulary import GeoPoint, LocationPrecision, distance_m

_SAME_M = 1.0  # as near as two coordinates written to five places
_NS_PER_US = 1000


@dataclass(frozen=True, slots=True)
class BacktestDecision:
    """One past request and what the rules make of it.

    Attributes:
        microseconds: Of processor time that reading and deciding it took.
    """

    row: PastRequest
    decision: Decision
    microseconds: float


def backtest(past: RequestHistory, rulebook: TriagePolicy) -> Iterator[BacktestDecision]:
    """Decide each request by the product's own rules; later ones see the cases of earlier ones.

    No case ends: what an evaluation asks is which reports are of one problem, and files say
    little of closings.
    """
    known = CaseIndex()
    for row in past.rows:
        request = request_of(row, past.city)
        began = thread_time_ns()
        ruling = resolve(assess_report(request, rulebook), known)
        decision = to_decision(ruling, rulebook.version)
        yield BacktestDecision(row, decision, (thread_time_ns() - began) / _NS_PER_US)


def request_of(row: PastRequest, city: Jurisdiction) -> Request:
    """Return the request as intake would hand on the same report."""
    return Request(
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
    """Return the place as intake would give it for the same report."""
    point = _point(row)
    if point is not None and _stands_for_unknown(point, city):
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


def _stands_for_unknown(point: GeoPoint, city: Jurisdiction) -> bool:
    stand_ins = (GeoPoint(0, 0), *city.default_points)
    return any(distance_m(point, stand_in) < _SAME_M for stand_in in stand_ins)

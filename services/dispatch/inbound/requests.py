"""Requests for a case: decided by triage, moved by an operator, or located later."""

from dataclasses import replace
from datetime import datetime

from services.dispatch.policy import DispatchPolicy, NoBureauError, NotInCatalogueError
from services.dispatch.rules.case import Case, CasePriority, CaseRequest, Problem
from services.dispatch.rules.case_requests import IncomingRequest
from services.dispatch.rules.notes import with_location
from services.dispatch.rules.routing import CaseRoute, route
from shared.catalogue import ExternalAgency, Jurisdiction, ServiceType
from shared.catalogue.referral import outside_agency
from shared.contract.events import Decision, Location, Priority, new_id
from shared.vocabulary import ScoreReason


def incoming_request(
    decision: Decision, case_id: str, case: Case | None, policy: DispatchPolicy, now: datetime
) -> IncomingRequest:
    """Return the request of a decision, with its route and deadlines since its submission.

    Args:
        case: The case that it joins, whose lead's hours count; None where it opens one.
        now: Decides which bureaus are open.

    Raises:
        NotInCatalogueError: The catalogue lacks its jurisdiction or kind.
        NoBureauError: No bureau of the city works on its kind.
    """
    submitted = decision.request
    jurisdiction, kind = policy.kind(submitted.jurisdiction, decision.service_code)
    request = CaseRequest(
        request_id=decision.request_id,
        case_id=case_id,
        tracking_number=decision.tracking_number,
        service_code=kind.code,
        priority=case_priority(decision.priority),
        reported_at=submitted.submitted_at,
        problem=Problem(
            service_name=kind.name.en,
            summary=submitted.description.strip() or kind.name.en,
            notes=kind.notes,
            location=submitted.location,
            attributes=submitted.attributes,
            media=submitted.media,
        ),
        conditions=frozenset((*(decision.conditions or ()), *kind.implies)),
    )
    found = _route(request, jurisdiction, kind, policy, now)
    lead = case.lead_bureau if case else found.lead.bureau
    problem = replace(request.problem, notes=(*request.problem.notes, *found.notes))
    duplicate_of = decision.duplicate.of_case if decision.duplicate else None
    return IncomingRequest(
        request=replace(request, problem=problem),
        jurisdiction=jurisdiction.id,
        dedup_group=submitted.dedup_group,
        linked_case=None if duplicate_of == decision.case_id else duplicate_of,
        route=found,
        deadline_policy=policy.deadline_policy(jurisdiction, kind, submitted.submitted_at, lead),
        new_id=new_id,
    )


def moved_request(
    request: CaseRequest, case: Case, case_id: str, policy: DispatchPolicy, now: datetime
) -> IncomingRequest:
    """Return a request that an operator moves to another case; raises as ``incoming_request``."""
    moved = replace(request, case_id=case_id, moves=request.moves + 1)
    incoming = _of_case(moved, request.service_code, case, policy, now)
    return replace(incoming, linked_case=case.case_id, moved_from=case.case_id)


def placed_request(
    request: CaseRequest, case: Case, location: Location, policy: DispatchPolicy, now: datetime
) -> IncomingRequest:
    """Return a request with the route that follows from a location in the city's own land.

    Kind and priority of its case count. Raises as ``incoming_request``.
    """
    placed = replace(with_location(request, location), priority=case.priority)
    return _of_case(placed, case.service_code, case, policy, now)


def _of_case(
    request: CaseRequest, service_code: str, case: Case, policy: DispatchPolicy, now: datetime
) -> IncomingRequest:
    jurisdiction, kind = policy.kind(case.jurisdiction, service_code)
    found = _route(request, jurisdiction, kind, policy, now)
    return IncomingRequest(
        request=request,
        jurisdiction=case.jurisdiction,
        dedup_group=case.dedup_group,
        linked_case=case.linked_case,
        route=found,
        deadline_policy=policy.deadline_policy(jurisdiction, kind, now, found.lead.bureau),
        new_id=new_id,
    )


def neighbour_at(
    request: CaseRequest, case: Case, location: Location, policy: DispatchPolicy
) -> ExternalAgency | None:
    """Return the neighbour in whose land a location lies; None also for an unknown kind."""
    try:
        jurisdiction, kind = policy.kind(case.jurisdiction, case.service_code)
    except NotInCatalogueError:
        return None
    outside = outside_agency(jurisdiction, kind, location.municipality, request.conditions)
    return outside.agency if outside and outside.is_neighbour else None


def _route(
    request: CaseRequest,
    jurisdiction: Jurisdiction,
    kind: ServiceType,
    policy: DispatchPolicy,
    now: datetime,
) -> CaseRoute:
    location = request.problem.location
    context = policy.routing_context(
        jurisdiction,
        kind,
        request.priority.level,
        now,
        conditions=request.conditions,
        attributes=request.problem.attributes,
        location=location if isinstance(location, Location) else None,
    )
    found = route(context, jurisdiction.routing)
    if found is None:
        raise NoBureauError("service_code: the city has no part in this kind")
    return found


def case_priority(priority: Priority) -> CasePriority:
    """Return a published priority as that of a case."""
    reasons = tuple(ScoreReason(r.code, r.points, r.evidence) for r in priority.reasons)
    return CasePriority(priority.level, priority.score, reasons)

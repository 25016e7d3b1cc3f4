"""From a decision of triage to a request that joins a case."""

from datetime import datetime

from services.dispatch.policy import NoBureauError, Policy
from services.dispatch.rules.case import Case, CaseRequest, Problem
from services.dispatch.rules.case_requests import IncomingRequest
from services.dispatch.rules.conditions import conditions_met
from services.dispatch.rules.priority import Priority
from services.dispatch.rules.routing import Route, RoutingContext, route
from shared.catalogue import Jurisdiction, ServiceType
from shared.contract.events import Decision, Request, new_id
from shared.vocabulary import ScoreReason


def incoming_request(
    decision: Decision, case_id: str, policy: Policy, now: datetime
) -> IncomingRequest:
    """Return the request of a decision with everything that its case needs to know.

    Args:
        decision: What triage decided.
        case_id: The case that it gave the request to.
        policy: What dispatch decides by.
        now: Decides who can be reached; deadlines count from when the request was submitted.

    Raises:
        NotInCatalogueError: The request's jurisdiction or kind is unknown here.
        NoBureauError: The city has no part in requests of this kind.
    """
    request = decision.request
    jurisdiction, kind = policy.kind(request.jurisdiction, decision.service_code)
    met = _conditions(decision, jurisdiction, kind)
    priority = _priority(decision)
    return IncomingRequest(
        request_id=decision.request_id,
        tracking_number=decision.tracking_number,
        case_id=case_id,
        jurisdiction=jurisdiction.id,
        dedup_group=request.dedup_group,
        service_code=kind.code,
        priority=priority,
        reported_at=request.submitted_at,
        problem=_problem(request, kind),
        linked_case=_linked_case(decision),
        route=_route(RoutingContext(kind, priority.level, met, policy.open_at(jurisdiction, now))),
        terms=policy.terms(jurisdiction, kind, request.submitted_at),
        new_id=new_id,
        conditions=met,
    )


def moved_request(
    request: CaseRequest, case: Case, case_id: str, policy: Policy, now: datetime
) -> IncomingRequest:
    """Return a request on its way from its case to another one, as an operator ordered.

    Args:
        request: As its case keeps it.
        case: The case that it leaves.
        case_id: The case that it goes to.
        policy: What dispatch decides by.
        now: Decides who can be reached; deadlines count from now.

    Raises:
        NotInCatalogueError: The request's kind is unknown by now.
        NoBureauError: The city has no part in requests of this kind by now.
    """
    jurisdiction, kind = policy.kind(case.jurisdiction, request.service_code)
    reachable = policy.open_at(jurisdiction, now)
    return IncomingRequest(
        request_id=request.request_id,
        tracking_number=request.tracking_number,
        case_id=case_id,
        jurisdiction=case.jurisdiction,
        dedup_group=case.dedup_group,
        service_code=request.service_code,
        priority=request.priority,
        reported_at=request.reported_at,
        problem=request.problem,
        linked_case=case.case_id,
        route=_route(RoutingContext(kind, request.priority.level, request.conditions, reachable)),
        terms=policy.terms(jurisdiction, kind, now),
        new_id=new_id,
        conditions=request.conditions,
        moved_from=case.case_id,
        moves=request.moves + 1,
    )


def _route(situation: RoutingContext) -> Route:
    found = route(situation)
    if found is None:
        raise NoBureauError("service_code: the city has no part in this kind")
    return found


def _conditions(
    decision: Decision, jurisdiction: Jurisdiction, kind: ServiceType
) -> frozenset[str]:
    if decision.conditions is not None:
        return frozenset((*decision.conditions, *kind.implies))
    request = decision.request
    return conditions_met(
        kind,
        jurisdiction,
        answers=request.attributes,
        text=f"{request.description}\n{request.location.details or ''}",
        reasons={reason.code for reason in decision.priority.reasons},
    )


def _priority(decision: Decision) -> Priority:
    wire = decision.priority
    reasons = tuple(ScoreReason(r.code, r.points, r.evidence) for r in wire.reasons)
    return Priority(wire.level, wire.score, reasons)


def _problem(request: Request, kind: ServiceType) -> Problem:
    return Problem(
        service_name=kind.name.en,
        summary=request.description.strip() or kind.name.en,
        notes=kind.notes,
        location=request.location.model_dump(),
        attributes=request.attributes,
        media=[media.model_dump() for media in request.media],
    )


def _linked_case(decision: Decision) -> str | None:
    if decision.duplicate is None or decision.duplicate.of_case == decision.case_id:
        return None
    return decision.duplicate.of_case

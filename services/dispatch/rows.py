"""Cases and work orders as rows of dispatch's tables, and back."""

import json
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from asyncpg import Record

from services.dispatch.rules.case import Case, Problem, WorkOrder
from services.dispatch.rules.deadlines import Due
from services.dispatch.rules.priority import Point, Priority
from services.dispatch.writing import TakenUpdate, UpdateKey

CASE_CHANGES = (
    "case_id",
    "version",
    "status",
    "level",
    "score",
    "reasons",
    "lead_bureau",
    "request_count",
    "first_reported_at",
    "last_reported_at",
    "closed_at",
)
CASE = (
    *CASE_CHANGES,
    "jurisdiction",
    "dedup_group",
    "service_code",
    "opened_by",
    "linked_case",
    "problem",
)
ORDER_CHANGES = (
    "work_order_id",
    "role",
    "status",
    "version",
    "acknowledge_by",
    "complete_by",
    "scheduled_for",
    "external_id",
)
ORDER = (*ORDER_CHANGES, "case_id", "number", "bureau", "route_rule")
UPDATE = (
    "digest",
    "bureau",
    "source",
    "update_id",
    "work_order_id",
    "said",
    "changed",
    "refused_as",
)


def case_changes(case: Case) -> tuple[Any, ...]:
    """Return what of a case can change, as ``CASE_CHANGES`` says."""
    return (
        case.case_id,
        case.version,
        case.status,
        case.priority.level,
        case.priority.score,
        json.dumps([(p.code, p.points, p.evidence) for p in case.priority.reasons]),
        case.lead.bureau,
        case.request_count,
        case.first_reported_at,
        case.last_reported_at,
        case.closed_at,
    )


def case_row(case: Case) -> tuple[Any, ...]:
    """Return a case as ``CASE`` says."""
    return (
        *case_changes(case),
        case.jurisdiction,
        case.dedup_group,
        case.service_code,
        case.opened_by,
        case.linked_case,
        _problem(case.problem),
    )


def _problem(problem: Problem) -> str:
    return json.dumps(
        {
            "service_name": problem.service_name,
            "summary": problem.summary,
            "notes": problem.notes,
            "location": problem.location,
            "attributes": problem.attributes,
            "media": problem.media,
        }
    )


def order_changes(order: WorkOrder) -> tuple[Any, ...]:
    """Return what of a work order can change, as ``ORDER_CHANGES`` says."""
    return (
        order.work_order_id,
        order.role,
        order.status,
        order.version,
        order.due.acknowledge_by,
        order.due.complete_by,
        order.scheduled_for,
        order.external_id,
    )


def order_row(case_id: str, order: WorkOrder) -> tuple[Any, ...]:
    """Return a work order of the case as ``ORDER`` says."""
    return (*order_changes(order), case_id, order.number, order.bureau, order.route_rule)


def update_row(update: TakenUpdate) -> tuple[Any, ...]:
    """Return an update as ``UPDATE`` says."""
    key, said = update.key, update.said
    return (
        digest(key),
        key.bureau,
        key.source,
        key.update_id,
        said.work_order_id if said else None,
        json.dumps(asdict(said), default=str) if said else None,
        update.changed,
        update.refused_as,
    )


def digest(key: UpdateKey) -> bytes:
    """Return what stands for an update's key; no part of it holds the character between them."""
    return sha256(f"{key.bureau}\0{key.source}\0{key.update_id}".encode()).digest()


def case_of(row: Record, orders: tuple[WorkOrder, ...]) -> Case:
    """Return the case that a row of ``cases`` and the work orders make up."""
    reasons = tuple(Point(*reason) for reason in json.loads(row["reasons"]))
    problem = json.loads(row["problem"])
    return Case(
        case_id=str(row["case_id"]),
        version=row["version"],
        jurisdiction=row["jurisdiction"],
        dedup_group=row["dedup_group"],
        service_code=row["service_code"],
        status=row["status"],
        priority=Priority(row["level"], row["score"], reasons),
        request_count=row["request_count"],
        first_reported_at=row["first_reported_at"],
        last_reported_at=row["last_reported_at"],
        opened_by=str(row["opened_by"]),
        linked_case=str(row["linked_case"]) if row["linked_case"] else None,
        problem=Problem(**problem | {"notes": tuple(problem["notes"])}),
        orders=orders,
        closed_at=row["closed_at"],
    )


def order_of(row: Record) -> WorkOrder:
    """Return the work order in a row of ``work_orders``."""
    return WorkOrder(
        work_order_id=str(row["work_order_id"]),
        number=row["number"],
        bureau=row["bureau"],
        role=row["role"],
        due=Due(row["acknowledge_by"], row["complete_by"]),
        route_rule=row["route_rule"],
        status=row["status"],
        version=row["version"],
        scheduled_for=row["scheduled_for"],
        external_id=row["external_id"],
    )

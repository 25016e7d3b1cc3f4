"""Cases and work orders as rows of dispatch's tables, and back."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from asyncpg import Record

from services.dispatch.rules.case import Case, CaseRequest, Problem, WorkOrder
from services.dispatch.rules.deadlines import Due
from services.dispatch.rules.priority import KnownPriority, Priority
from services.dispatch.unit_of_work import CommandKey, ProcessedCommand, ProcessedUpdate, UpdateKey
from shared.vocabulary import PriorityLevel, ScoreReason

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
    "merged_into",
    "operator_knew",
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
REQUEST = ("request_id", "case_id", "moves", "said")
COMMAND = ("digest", "source", "command_id", "said", "refused_as")
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
        json.dumps(_points(case.priority)),
        case.lead_bureau,
        case.request_count,
        case.first_reported_at,
        case.last_reported_at,
        case.closed_at,
        case.merged_into,
        _known(case.operator_knew),
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
        problem_row(case.problem),
    )


def problem_row(problem: Problem) -> str:
    """Return what a report says, as a column of JSON."""
    return json.dumps(_problem(problem))


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "service_name": problem.service_name,
        "summary": problem.summary,
        "notes": problem.notes,
        "location": problem.location,
        "attributes": problem.attributes,
        "media": problem.media,
    }


def _points(priority: Priority) -> list[tuple[str, int, str | None]]:
    return [(point.code, point.points, point.evidence) for point in priority.reasons]


def _known(known: KnownPriority | None) -> str | None:
    return json.dumps([known.level, sorted(known.reasons)]) if known else None


def request_row(request: CaseRequest) -> tuple[Any, ...]:
    """Return a request as ``REQUEST`` says."""
    priority = request.priority
    said = {
        "tracking_number": request.tracking_number,
        "service_code": request.service_code,
        "priority": [priority.level, priority.score, _points(priority)],
        "reported_at": request.reported_at.isoformat(),
        "problem": _problem(request.problem),
        "conditions": sorted(request.conditions),
    }
    return (request.request_id, request.case_id, request.moves, json.dumps(said))


def command_row(command: ProcessedCommand) -> tuple[Any, ...]:
    """Return a command as ``COMMAND`` says."""
    key, said = command.key, command.command
    return (
        command_digest(key),
        key.source,
        key.command_id,
        json.dumps(asdict(said), default=str) if said else None,
        command.refused_as,
    )


def command_digest(key: CommandKey) -> bytes:
    """Return what stands for a command's key; no part of it holds the character between them."""
    return sha256(f"{key.source}\0{key.command_id}".encode()).digest()


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


def update_row(update: ProcessedUpdate) -> tuple[Any, ...]:
    """Return an update as ``UPDATE`` says."""
    key, said = update.key, update.update
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
    return Case(
        case_id=str(row["case_id"]),
        version=row["version"],
        jurisdiction=row["jurisdiction"],
        dedup_group=row["dedup_group"],
        service_code=row["service_code"],
        status=row["status"],
        priority=_priority_of(row["level"], row["score"], json.loads(row["reasons"])),
        request_count=row["request_count"],
        first_reported_at=row["first_reported_at"],
        last_reported_at=row["last_reported_at"],
        opened_by=str(row["opened_by"]),
        linked_case=str(row["linked_case"]) if row["linked_case"] else None,
        problem=_problem_of(json.loads(row["problem"])),
        lead_bureau=row["lead_bureau"],
        orders=orders,
        closed_at=row["closed_at"],
        merged_into=str(row["merged_into"]) if row["merged_into"] else None,
        operator_knew=_known_of(row["operator_knew"]),
    )


def request_of(row: Record) -> CaseRequest:
    """Return the request in a row of ``case_requests`` that has what it said."""
    said = json.loads(row["said"])
    return CaseRequest(
        request_id=str(row["request_id"]),
        case_id=str(row["case_id"]),
        tracking_number=said["tracking_number"],
        service_code=said["service_code"],
        priority=_priority_of(*said["priority"]),
        reported_at=datetime.fromisoformat(said["reported_at"]),
        problem=_problem_of(said["problem"]),
        conditions=frozenset(said["conditions"]),
        moves=row["moves"],
    )


def _priority_of(level: PriorityLevel, score: int, reasons: Iterable[Any]) -> Priority:
    return Priority(level, score, tuple(ScoreReason(*reason) for reason in reasons))


def _problem_of(said: dict[str, Any]) -> Problem:
    return Problem(**said | {"notes": tuple(said["notes"])})


def _known_of(column: str | None) -> KnownPriority | None:
    if column is None:
        return None
    level, reasons = json.loads(column)
    return KnownPriority(level, frozenset(reasons))


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

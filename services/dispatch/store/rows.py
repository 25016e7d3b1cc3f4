"""Rows of dispatch's tables: columns in the order of the statements that write them, and back."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeAlias

from asyncpg import Record
from pydantic_core import to_json

from services.dispatch.records.changes import CaseHistoryEntry, MessageKey, ProcessedMessage
from services.dispatch.rules.case import (
    Case,
    CaseNote,
    CasePriority,
    CaseRequest,
    CaseWorkOrder,
    KnownPriority,
    Problem,
)
from services.dispatch.rules.clocks import next_reminder_at, overdue_at
from services.dispatch.rules.deadlines import Deadlines, WorkOrderDeadline
from services.dispatch.rules.work_order_updates import BureauUpdate
from shared.contract.events import Duplicate, LikelyKind, Location, Media
from shared.vocabulary import PriorityLevel, ScoreReason

# Values of a row by column, in the order in which the statements take them.
ColumnValues: TypeAlias = dict[str, Any]


_HISTORY_COLUMNS = tuple(field.name for field in fields(CaseHistoryEntry))


def _json(value: object) -> str:
    return to_json(value).decode()


def _fields(of: object, *names: str) -> ColumnValues:
    return {name: getattr(of, name) for name in names}


def digest(key: MessageKey) -> bytes:
    """Return the SHA-256 of a key; NUL is a safe separator, as no part can have it."""
    parts = (key.bureau, key.source, key.id) if key.bureau else (key.source, key.id)
    return sha256("\0".join(parts).encode()).digest()


def changed_case_row(case: Case) -> ColumnValues:
    """Return the columns of ``cases`` that every change may write."""
    known = case.lowered_from
    return {
        **_fields(case, "case_id", "version", "status"),
        "level": case.priority.level,
        "score": case.priority.score,
        "reasons": _json(case.priority.reasons),
        **_fields(case, "lead_bureau", "request_count", "first_reported_at", "last_reported_at"),
        **_fields(case, "closed_at", "merged_into"),
        "lowered_from": _json([known.level, sorted(known.reasons)]) if known else None,
        "notes": _json(case.notes),
        "others_notes": _json(case.others_notes),
        "summary_priority": _json(_stored_priority(case.summary_priority)),
        "overdue_at": overdue_at(case),
        **_fields(case, "acknowledged_at", "assignee", "held_until", "asked_from"),
    }


def new_case_row(case: Case) -> ColumnValues:
    """Return all columns of ``cases``."""
    return {
        **changed_case_row(case),
        **_fields(case, "jurisdiction", "dedup_group", "service_code", "opened_by", "linked_case"),
        "problem": _json(case.problem),
    }


def history_row(entry: CaseHistoryEntry) -> ColumnValues:
    """Return the columns of ``history``."""
    return _fields(entry, *_HISTORY_COLUMNS)


def restated_case_row(case: Case) -> ColumnValues:
    """Return the columns of ``cases`` that seldom change: its request, its kind, its problem."""
    kind = _fields(case, "service_code", "dedup_group")
    problem = _json(case.problem)
    return {"case_id": case.case_id, "opened_by": case.opened_by, "problem": problem, **kind}


def changed_order_row(order: CaseWorkOrder) -> ColumnValues:
    """Return the columns of ``work_orders`` that every change may write."""
    return {
        **_fields(order, "work_order_id", "role", "status", "version"),
        "acknowledge_by": order.due.acknowledge_by,
        "complete_by": order.due.complete_by,
        **_fields(order, "scheduled_for", "external_id"),
        "acknowledge_soon": order.due.acknowledge.soon_at,
        "complete_soon": order.due.complete.soon_at,
        "waiting_since": order.waiting_since,
        "reminded": " ".join(sorted(order.reminded)),
        "next_reminder_at": next_reminder_at(order),
    }


def new_order_row(case_id: str, order: CaseWorkOrder) -> ColumnValues:
    """Return all columns of ``work_orders``."""
    rest = _fields(order, "number", "bureau", "route_rule")
    return {**changed_order_row(order), "case_id": case_id, **rest}


def request_row(request: CaseRequest) -> ColumnValues:
    """Return all columns of ``case_requests``."""
    stored = {
        "tracking_number": request.tracking_number,
        "service_code": request.service_code,
        "priority": _stored_priority(request.priority),
        "reported_at": request.reported_at.isoformat(),
        "problem": request.problem,
        "conditions": sorted(request.conditions),
        **({"match": request.match} if request.match else {}),
    }
    return {
        **_fields(request, "request_id", "case_id", "moves"),
        "request": _json(stored),
        **_fields(request, "language", "channel"),
    }


def _stored_priority(priority: CasePriority | None) -> tuple[object, ...] | None:
    return (priority.level, priority.score, priority.reasons) if priority else None


def command_row(processed: ProcessedMessage) -> ColumnValues:
    """Return all columns of ``commands``."""
    key, command = processed.key, processed.parsed
    return {
        "digest": digest(key),
        "source": key.source,
        "command_id": key.id,
        "parsed": _json(command) if command else None,
        "refused_as": processed.refused_as,
    }


def update_row(processed: ProcessedMessage) -> ColumnValues:
    """Return all columns of ``updates``."""
    key, update = processed.key, processed.parsed
    return {
        "digest": digest(key),
        "bureau": key.bureau,
        "source": key.source,
        "update_id": key.id,
        "work_order_id": update.work_order_id if isinstance(update, BureauUpdate) else None,
        "parsed": json.dumps(asdict(update), default=str) if update else None,
        "changed": processed.changed,
        "refused_as": processed.refused_as,
    }


# Fields that columns hold as they are.
_CASE_CONVERTED = {"case_id", "priority", "opened_by", "linked_case", "problem"}
_CASE_CONVERTED |= {"orders", "merged_into", "lowered_from", "notes", "others_notes"}
_CASE_CONVERTED |= {"summary_priority"}
_CASE_FIELDS = {field.name for field in fields(Case)} - _CASE_CONVERTED
_ORDER_CONVERTED = {"work_order_id", "due", "reminded"}
_ORDER_FIELDS = {field.name for field in fields(CaseWorkOrder)} - _ORDER_CONVERTED


def case_of(row: Record, orders: tuple[CaseWorkOrder, ...]) -> Case:
    """Return the case of a row of ``cases`` and its work orders."""
    return Case(
        **{name: row[name] for name in _CASE_FIELDS},
        case_id=str(row["case_id"]),
        priority=_priority(row["level"], row["score"], json.loads(row["reasons"])),
        opened_by=str(row["opened_by"]),
        linked_case=str(row["linked_case"]) if row["linked_case"] else None,
        problem=_problem(json.loads(row["problem"])),
        orders=orders,
        merged_into=str(row["merged_into"]) if row["merged_into"] else None,
        lowered_from=_known_priority(row["lowered_from"]),
        notes=_notes(row["notes"]),
        others_notes=_notes(row["others_notes"]),
        summary_priority=_summary_priority(row["summary_priority"]),
    )


def order_of(row: Record) -> CaseWorkOrder:
    """Return the work order of a row of ``work_orders``."""
    return CaseWorkOrder(
        **{name: row[name] for name in _ORDER_FIELDS},
        work_order_id=str(row["work_order_id"]),
        due=Deadlines(
            _deadline(row["acknowledge_soon"], row["acknowledge_by"]),
            _deadline(row["complete_soon"], row["complete_by"]),
        ),
        reminded=frozenset(row["reminded"].split()),
    )


def _deadline(soon_at: datetime | None, due_at: datetime) -> WorkOrderDeadline:
    """Return a deadline; one that an older version wrote has no warning."""
    return WorkOrderDeadline(soon_at or due_at, due_at)


def request_of(row: Record) -> CaseRequest:
    """Return the request of a row of ``case_requests``."""
    stored = json.loads(row["request"])
    return CaseRequest(
        request_id=str(row["request_id"]),
        case_id=str(row["case_id"]),
        tracking_number=stored["tracking_number"],
        service_code=stored["service_code"],
        priority=_priority(*stored["priority"]),
        reported_at=datetime.fromisoformat(stored["reported_at"]),
        problem=_problem(stored["problem"]),
        conditions=frozenset(stored["conditions"]),
        moves=row["moves"],
        language=row["language"],
        channel=row["channel"],
        match=Duplicate.model_validate(stored["match"]) if "match" in stored else None,
    )


def _priority(level: PriorityLevel, score: int, reasons: Iterable[Any]) -> CasePriority:
    return CasePriority(level, score, tuple(ScoreReason(*reason) for reason in reasons))


def _summary_priority(column: str | None) -> CasePriority | None:
    stored = json.loads(column or "null")
    return _priority(*stored) if stored else None


def _notes(column: str) -> tuple[CaseNote, ...]:
    return tuple(CaseNote(*note) for note in json.loads(column))


def _problem(stored: dict[str, Any]) -> Problem:
    parsed = {
        "notes": tuple(stored["notes"]),
        "location": Location.model_validate(stored["location"]),
        "media": tuple(map(Media.model_validate, stored["media"])),
        "dangers": tuple(stored.get("dangers", ())),
        "kinds": tuple(map(LikelyKind.model_validate, stored.get("kinds", ()))),
    }
    return Problem(**(stored | parsed))


def _known_priority(column: str | None) -> KnownPriority | None:
    if column is None:
        return None
    level, reasons = json.loads(column)
    return KnownPriority(level, frozenset(reasons))

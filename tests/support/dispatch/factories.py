"""Factories for dispatch's rules and handlers, with a small catalogue of the tests' own."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.dispatch.policy import DispatchPolicy
from services.dispatch.ports import DispatchPorts
from services.dispatch.rules.business_time import BusinessCalendar, OpenTime
from services.dispatch.rules.case import Case, CasePriority, CaseRequest, CaseWorkOrder, Problem
from services.dispatch.rules.case_requests import IncomingRequest
from services.dispatch.rules.deadlines import DeadlinePolicy, Deadlines, WorkOrderDeadline
from services.dispatch.rules.operator_commands import CaseCommand
from services.dispatch.rules.routing import Assignment, CaseRoute
from services.dispatch.rules.work_order_updates import BureauUpdate
from shared.catalogue import load_catalogue
from shared.contract.events import (
    Event,
    Media,
    OperatorCommanded,
    Request,
    RequestTriaged,
    WorkOrderUpdated,
    new_id,
)
from shared.contract.routes import routes
from shared.contract.topics import OPERATOR_COMMANDS, bureau_updates
from shared.runtime.consumer.messages import Message
from shared.vocabulary import CommandName, PriorityLevel, ScoreReason
from tests.support.builders import (
    NOON,
    decision,
    location,
    operator_commanded,
    priority,
    request,
    request_triaged,
    work_order_updated,
)
from tests.support.records import record

POLICY = DispatchPolicy.of(load_catalogue(Path(__file__).parent / "catalogue"))
CITY = POLICY.catalogue.jurisdictions["harbour.gov"]
LOCAL = ZoneInfo("America/Los_Angeles")
CALENDAR = BusinessCalendar(LOCAL, "US", "OR")
HOUR = timedelta(hours=1)
OPEN_TIME = OpenTime(CALENDAR, CITY.bureaus["ROADS"].hours)
DUE = Deadlines(
    WorkOrderDeadline(NOON + HOUR / 2, NOON + HOUR),
    WorkOrderDeadline(NOON + 20 * HOUR, NOON + 24 * HOUR),
)

_numbers = count(1)


def ports(**given: Any) -> DispatchPorts:
    """Return the ports of a core that has what is given, and nothing else."""
    nothing: dict[str, Any] = dict.fromkeys(field.name for field in fields(DispatchPorts))
    nothing["on_commit"] = nothing["wake_on_commit"] = lambda _: None
    return DispatchPorts(**(nothing | given))


def local(text: str) -> datetime:
    """A moment in the city's own time, such as ``2026-03-06 16:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def case_priority(level: PriorityLevel = "P4", score: int = 20, *reasons: str) -> CasePriority:
    return CasePriority(level, score, tuple(ScoreReason(code, 0) for code in reasons))


def problem(**changes: Any) -> Problem:
    fields: dict[str, Any] = {
        "service_name": "Pothole",
        "summary": "Deep hole",
        "notes": (),
        "location": location(latitude=45.5, longitude=-122.6),
        "attributes": {"size": "large"},
        "media": (Media(url="https://example.org/1.jpg", media_type="image/jpeg"),),
    }
    return Problem(**(fields | changes))


def order(bureau: str = "ROADS", **changes: Any) -> CaseWorkOrder:
    fields: dict[str, Any] = {
        "work_order_id": new_id(),
        "number": 1,
        "bureau": bureau,
        "role": "lead",
        "due": DUE,
        "route_rule": "kind-to-lead",
        "version": 1,
    }
    return CaseWorkOrder(**(fields | changes))


def case(*orders: CaseWorkOrder, **changes: Any) -> Case:
    """A case with these work orders, numbered as they are given; by default the lead's alone."""
    numbered = tuple(replace(o, number=n) for n, o in enumerate(orders or (order(),), 1))
    fields: dict[str, Any] = {
        "case_id": new_id(),
        "version": 1,
        "jurisdiction": "harbour.gov",
        "dedup_group": "pavement",
        "service_code": "POTHOLE",
        "status": "open",
        "priority": case_priority(),
        "request_count": 1,
        "first_reported_at": NOON,
        "last_reported_at": NOON,
        "opened_by": new_id(),
        "linked_case": None,
        "problem": problem(),
        "lead_bureau": next(o.bureau for o in reversed(numbered) if o.role == "lead"),
        "orders": numbered,
    }
    return Case(**(fields | changes))


def case_request(request_id: str, case_id: str, **changes: Any) -> CaseRequest:
    """A stored request of a case."""
    fields: dict[str, Any] = {
        "request_id": request_id,
        "case_id": case_id,
        "tracking_number": "26-7KQ4-M2",
        "service_code": "POTHOLE",
        "priority": case_priority("P3", 40, "swerving"),
        "reported_at": NOON,
        "problem": problem(),
        "conditions": frozenset({"crime"}),
    }
    return CaseRequest(**(fields | changes))


def command(name: CommandName = "close", case_id: str = "c", **changes: Any) -> CaseCommand:
    fields: dict[str, Any] = {
        "command": name,
        "case_id": case_id,
        "actor": "kim",
        "reason": "As the photo shows",
        "at": NOON + HOUR,
    }
    return CaseCommand(**(fields | changes))


def incoming(**changes: Any) -> IncomingRequest:
    """A new request; ``changes`` are of the request itself or of its way to the case."""
    stored: dict[str, Any] = {
        "request_id": new_id(),
        "case_id": new_id(),
        "tracking_number": "26-7KQ4-M2",
        "service_code": "POTHOLE",
        "priority": case_priority(),
        "reported_at": NOON,
        "problem": problem(),
    }
    stored |= {name: changes.pop(name) for name in stored.keys() & changes.keys()}
    fields: dict[str, Any] = {
        "request": CaseRequest(**stored),
        "jurisdiction": "harbour.gov",
        "dedup_group": "pavement",
        "linked_case": None,
        "route": CaseRoute(Assignment("ROADS", "kind-to-lead"), ()),
        "deadline_policy": DeadlinePolicy(OPEN_TIME, "P4", 240, NOON),
        "new_id": new_id,
    }
    return IncomingRequest(**(fields | changes))


def update(of: CaseWorkOrder, status: str, **changes: Any) -> BureauUpdate:
    """An update by the work order's own bureau."""
    fields: dict[str, Any] = {
        "work_order_id": of.work_order_id,
        "bureau": of.bureau,
        "status": status,
        "at": NOON + HOUR,
    }
    return BureauUpdate(**(fields | changes))


def harbour_request(**changes: Any) -> Request:
    fields: dict[str, Any] = {
        "jurisdiction": "harbour.gov",
        "service_code": "POTHOLE",
        "dedup_group": "pavement",
    }
    return request(**(fields | changes))


def triaged(
    case_id: str | None = None,
    level: PriorityLevel = "P4",
    score: int = 20,
    *,
    of: Request | None = None,
    **changes: Any,
) -> RequestTriaged:
    """A decision that gives a request, by default a new one, to the case, by default a new one."""
    given: dict[str, Any] = {"case_id": case_id or new_id(), "priority": priority(level, score)}
    return request_triaged(decision(of or harbour_request(), **(given | changes)))


def update_message(sender: str, of: Any, status: str, **changes: Any) -> Message[WorkOrderUpdated]:
    """An update on the sender's topic, about a work order of the rules or of an event."""
    envelope = {key: changes.pop(key) for key in ("id", "source") if key in changes}
    fields = {"work_order_id": of.work_order_id, "bureau": sender, "status": status}
    return on_topic(sender, work_order_updated(**envelope, **(fields | changes)))


def command_message(name: str, case_id: str, **changes: Any) -> Message[OperatorCommanded]:
    """A command on the operators' topic."""
    envelope = {key: changes.pop(key) for key in ("id", "source", "time") if key in changes}
    fields = {"command": name, "case_id": case_id, "actor": "kim", "reason": "As the photo shows"}
    event = operator_commanded(**envelope, data=fields | changes)
    return Message(record(topic=OPERATOR_COMMANDS.name, offset=next(_numbers)), event)


def on_topic(sender: str, event: WorkOrderUpdated) -> Message[WorkOrderUpdated]:
    return Message(record(topic=bureau_updates(sender).name, offset=next(_numbers)), event)


def messages(*items: Event | Message[Any]) -> Sequence[Message[Any]]:
    """A batch; events without a message become messages of their topic."""
    return [
        item
        if isinstance(item, Message)
        else Message(record(topic=routes(item)[0][0], offset=next(_numbers)), item)
        for item in items
    ]

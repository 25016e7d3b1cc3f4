"""Descriptions of the routes that read cases, for the OpenAPI document."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contract.events import CaseState, Data, Due, Location, Media, Priority
from shared.runtime.http.calls import JSON
from shared.runtime.http.list_queries import BAD_CURSOR, PAGE
from shared.runtime.http.openapi import KEY_REFUSALS, Content, Operation, Parameter, problem
from shared.vocabulary import CaseStatus, PriorityLevel, WorkOrderRole, WorkOrderStatus


class ListedCase(CaseState):
    """A case in a list."""

    service_name: str
    """English name of the kind."""
    summary: str
    """Description by the request that the case represents, or the kind's name."""
    location: Location
    """Location of the problem."""
    first_reported_at: AwareDatetime
    """Moment of the case's first request, UTC."""
    last_reported_at: AwareDatetime
    """Moment of the case's latest request, UTC."""
    closed_at: AwareDatetime | None
    """Moment at which the work ended, UTC; null while the case is open."""
    merged_into: str | None
    """Id of the case that took over the requests; null unless merged."""
    overdue: bool
    """Whether the lead bureau's next deadline has passed."""


class CaseList(Data):
    """A page of cases."""

    cases: list[ListedCase]
    """The cases, newest first."""
    next: str
    """The cursor for the next call."""
    more: bool
    """Whether there are older ones."""


class RequestOfCase(Data):
    """A request of a case, without its reporter."""

    request_id: str
    """Id of the request, a UUIDv7."""
    tracking_number: str
    """Number that the reporter has."""
    service_code: str
    """Code of the kind."""
    priority: Priority
    """Its own priority; that of the case may be higher."""
    reported_at: AwareDatetime
    """Moment of the submission, UTC."""
    summary: str
    """The description, or the kind's name."""
    location: Location
    """Location of the problem."""
    attributes: Mapping[str, Any]
    """Answers to the kind's questions by question code."""
    media: tuple[Media, ...]
    """Pictures and other files by address."""


class WorkOrderOfCase(Data):
    """A work order of a case; its bureau's notes are in the history."""

    work_order_id: str
    """Id of the work order, a UUIDv7."""
    version: int
    """Version that the bureau was sent."""
    bureau: str
    """Code of the bureau."""
    role: WorkOrderRole
    """``lead`` does the work, ``informed`` needs to know of it."""
    status: WorkOrderStatus
    """Its status."""
    due: Due
    """Its deadlines."""
    route_rule: str
    """Name of the rule that chose the bureau."""
    scheduled_for: AwareDatetime | None
    """Moment for which the work is scheduled, UTC; null when not scheduled."""
    external_id: str | None
    """Id of the work in the bureau's own system; null for none."""


class CaseEntry(Data):
    """An entry of a case's history."""

    at: AwareDatetime
    """When dispatch recorded it, UTC."""
    by: str = Field(examples=["bureau:PBOT-MOD"])
    """``resident``, ``other`` for no reporter of the case, ``bureau:CODE``, ``operator:NAME`` or
    ``system``."""
    what: str = Field(examples=["status_changed"])
    """Kind of the entry; that of an event on ``dispatch-cases`` is the event's."""
    text: str
    """Words for people, with the author's notes; without those of a bureau for another one."""
    event_id: str | None
    """Id of the event on ``dispatch-cases``; null for an entry without one."""


class CaseDetails(ListedCase):
    """A case with all that belongs to it."""

    linked_case: str | None
    """Id of an earlier, related case; null for none."""
    requests: list[RequestOfCase]
    """Its requests, oldest first."""
    work_orders: list[WorkOrderOfCase]
    """Its work orders in the order of issue."""
    history: list[CaseEntry]
    """What became of it, oldest first."""


_NUMBER = r"[+-]?\d{1,3}(\.\d{1,12})?"

LIST_CASES = Operation(
    "List cases, newest first, with an operator's key.",
    {
        200: Content("The next cases.", (JSON,), CaseList),
        422: problem("A parameter is wrong; errors name each."),
        **BAD_CURSOR,
        **KEY_REFUSALS,
    },
    query={
        **PAGE,
        "status": Parameter("Only cases of this status.", CaseStatus),
        "priority": Parameter("Only cases of this level.", PriorityLevel),
        "bureau": Parameter("Only cases that this bureau leads, by its code."),
        "kind": Parameter("Only cases of this kind, by its service_code."),
        "district": Parameter("Only cases in this district."),
        "q": Parameter(
            "Only cases of which one request has, in its text, address or tracking number, words "
            "that begin with all of these.",
            Annotated[str, Field(min_length=1, max_length=200)],
        ),
        "bbox": Parameter(
            "Only cases inside west,south,east,north, in degrees.",
            Annotated[str, Field(pattern=rf"^{_NUMBER}(,{_NUMBER}){{3}}$")],
        ),
        "surge": Parameter("Only cases of this surge, by its id.", UUID),
        "overdue": Parameter(
            "Only cases whose lead has missed its next deadline, or has not.",
            Literal["true", "false"],
        ),
    },
    security=("operator",),
)
READ_CASE = Operation(
    "Read a case with its history, with an operator's key or that of a bureau with a work order.",
    {
        200: Content("The case.", (JSON,), CaseDetails),
        404: problem("There is no such case, or the bureau has no work order of it: unknown_case."),
        **KEY_REFUSALS,
    },
    security=("operator", "bureau"),
)

"""A case: one problem with its priority, work orders and requests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from services.dispatch.rules.deadlines import Deadlines
from shared import vocabulary


@dataclass(frozen=True, slots=True)
class CasePriority:
    """A priority level with its score and the reasons whose points add up to that score."""

    level: vocabulary.PriorityLevel
    score: int
    reasons: tuple[vocabulary.ScoreReason, ...] = ()

    def exceeds(self, other: "CasePriority") -> bool:
        """Return True when it is more urgent: by level, within one level by score."""
        if self.level == other.level:
            return self.score > other.score
        return self.level < other.level

    def set_to(self, level: vocabulary.PriorityLevel, code: str, why: str) -> "CasePriority":
        """Return the lowest score of a level, with an operator's reason for the difference."""
        score = vocabulary.MIN_SCORE[level]
        reason = vocabulary.ScoreReason(code, score - self.score, why)
        return CasePriority(level, score, (*self.reasons, reason))


@dataclass(frozen=True, slots=True)
class KnownPriority:
    """Highest level and all reasons of a case up to the moment when an operator lowered it."""

    level: vocabulary.PriorityLevel
    reasons: frozenset[str]

    @classmethod
    def of(cls, priority: CasePriority, before: "KnownPriority | None" = None) -> "KnownPriority":
        """Return the present priority as known, merged with one known earlier."""
        known = cls(priority.level, frozenset(reason.code for reason in priority.reasons))
        return known.merge(before) if before else known

    def merge(self, other: "KnownPriority") -> "KnownPriority":
        """Return the higher level of both, with the reasons of both."""
        return KnownPriority(min(self.level, other.level), self.reasons | other.reasons)

    def is_exceeded_by(self, priority: CasePriority) -> bool:
        """Return True when a priority has a higher level or a new reason with positive points."""
        if priority.level < self.level:
            return True
        return any(r.points > 0 and r.code not in self.reasons for r in priority.reasons)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as its report describes it; nothing in it is about the reporter."""

    service_name: str
    summary: str  # the reporter's description; the kind's name where that is blank
    notes: tuple[str, ...]  # instructions for the bureaus, from the kind's entry in the catalogue
    location: object  # `Location` of the wire contract, as media are `Media`; rules pass them on
    attributes: Mapping[str, Any]  # answers to the kind's questions, by the code of the field
    media: tuple[object, ...]
    dangers: tuple[vocabulary.DangerClass, ...] = ()  # that triage found, the most pressing first
    kinds: tuple[object, ...] = ()  # where `unsure`: each `LikelyKind`, the likeliest first
    unsure: bool = False  # True until somebody corrects a kind that nothing made likely enough
    language: str | None = None  # primary subtag of that of the summary; None in one from before

    def in_words_of(self, other: "Problem") -> "Problem":
        """Return the problem with the summary of another report of it."""
        return replace(self, summary=other.summary, language=other.language)


class CaseNote(NamedTuple):
    """Note about a request of a case, without its author; bureaus' notes have no request."""

    request_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class CaseRequest:
    """Request of a case, with all data that a case of its own would start with."""

    request_id: str
    case_id: str
    tracking_number: str
    service_code: str
    priority: CasePriority  # its own priority; that of its case may be higher
    reported_at: datetime
    problem: Problem
    conditions: frozenset[str] = frozenset()  # conditions of its kind that it meets
    moves: int = 0  # number of times that operators moved it to another case
    language: str | None = None  # primary subtag of the language of its text
    channel: vocabulary.SubmissionChannel | None = None  # None in one from before
    # `Duplicate` of the wire contract: the earlier case that triage matched it with, and why.
    match: object | None = None


@dataclass(frozen=True, slots=True)
class CaseWorkOrder:
    """Part of a case that one bureau works on."""

    work_order_id: str
    number: int  # counts the work orders of the case from 1
    bureau: str
    role: (
        vocabulary.WorkOrderRole
    )  # the case follows the status of its `lead`; others are `informed`
    due: Deadlines
    route_rule: str
    status: vocabulary.WorkOrderStatus = "issued"
    version: int = 0  # number of events about it that its bureau got; 0 before the first
    scheduled_for: datetime | None = None
    external_id: str | None = None  # the bureau's own number for it
    waiting_since: datetime | None = None  # time at which its clock stopped; None while it runs
    # Reminders that its bureau got; no part of the state in its events.
    reminded: frozenset[vocabulary.Reminder] = field(default=frozenset(), compare=False)

    @property
    def is_final(self) -> bool:
        """True when its bureau has no more work to do on it."""
        return self.status in vocabulary.FINAL_STATUSES


@dataclass(frozen=True, slots=True)
class Case:
    """One problem as it is after ``version`` changes."""

    case_id: str
    version: int
    jurisdiction: str
    dedup_group: str  # group of kinds whose reports can be the same problem
    service_code: str  # kind of the request that opened it
    status: vocabulary.CaseStatus
    priority: CasePriority  # the highest of its requests, unless an operator set another
    request_count: int
    first_reported_at: datetime
    last_reported_at: datetime
    opened_by: str  # id of the request that it represents; the first one until that is split off
    linked_case: str | None  # an earlier case that may be the same problem
    # The problem as the request `opened_by` describes it, with the summary of its most urgent one.
    problem: Problem
    lead_bureau: str  # code of the bureau that leads it, or led it last
    orders: tuple[CaseWorkOrder, ...]
    closed_at: datetime | None = None
    merged_into: str | None = None  # the case that has its requests now
    # Priority known when an operator lowered it; None after a raise.
    lowered_from: KnownPriority | None = None
    notes: tuple[CaseNote, ...] = ()  # notes of its reporters and bureaus, the newest last
    # Notes of others who know a tracking number, the newest last.
    others_notes: tuple[CaseNote, ...] = ()
    # Of the request whose words are the summary; None in a case from before: `priority` counts.
    summary_priority: CasePriority | None = None
    # When a person or its lead first acknowledged it since it is open; None from before.
    acknowledged_at: datetime | None = None
    assignee: str | None = None  # name of the member of staff who works on it
    held_until: datetime | None = None  # out of the queue till then; its clocks go on
    # Status of the lead's work order before an operator's question; None without an open question.
    asked_from: vocabulary.WorkOrderStatus | None = None

    @property
    def is_closed(self) -> bool:
        """True when the work on it has ended."""
        return self.status in vocabulary.CLOSED_STATUSES

    @property
    def lead(self) -> CaseWorkOrder:
        """The lead bureau's newest work order in the role of the lead."""
        leads = (order for order in reversed(self.orders) if order.role == "lead")
        return next(order for order in leads if order.bureau == self.lead_bureau)

    @property
    def bureaus(self) -> frozenset[str]:
        """Codes of all bureaus that ever had a work order of it."""
        return frozenset(order.bureau for order in self.orders)

    def latest_of(self, bureau: str) -> CaseWorkOrder | None:
        """Return the bureau's newest work order, the one that it gets events about."""
        return next((o for o in reversed(self.orders) if o.bureau == bureau), None)

    def with_order(self, order: CaseWorkOrder) -> "Case":
        """Return the case with the work order added, or replaced where its number exists."""
        if order.number > len(self.orders):
            return replace(self, orders=(*self.orders, order))
        orders = (order if o.number == order.number else o for o in self.orders)
        return replace(self, orders=tuple(orders))

    def map_unfinished(self, change: Callable[[CaseWorkOrder], CaseWorkOrder]) -> "Case":
        """Return the case with ``change`` applied to each work order that is not final."""
        orders = tuple(order if order.is_final else change(order) for order in self.orders)
        return replace(self, orders=orders)

"""What triage decides."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contract.events.base import Data, Event
from shared.contract.events.requests import Request
from shared.contract.events.submissions import Advice
from shared.vocabulary import PriorityLevel, TriageOutcome


class Reason(Data):
    """One named reason behind a decision, with the words or figures that gave it."""

    code: str
    detail: str | None = None


class Point(Data):
    """One named reason for a priority and what it adds to the score."""

    code: str
    points: int
    evidence: str | None = None


class Priority(Data):
    """How urgent: ``P1`` most, ``P5`` least; the reasons' points add up to ``score``."""

    level: PriorityLevel
    score: int
    reasons: tuple[Point, ...] = ()


class Duplicate(Data):
    """The earlier report that this one is held against, and why."""

    of_case: str
    of_request: str
    confidence: float
    distance_m: float | None = None
    hours_apart: float
    reasons: tuple[Reason, ...] = ()


class Rejected(Data):
    """An earlier case that this report might have been about, and what stood against that.

    Attributes:
        request_id: The report that opened the case.
        detail: The figure that counted and the one that it was held against.
    """

    case_id: str
    request_id: str
    code: str
    detail: str | None = None
    distance_m: float | None = None
    hours_apart: float


class Emergency(Data):
    """A danger to life, and the words that say so."""

    code: str
    evidence: str


class ReferralReason(Data):
    """Why somebody outside the city must act, in the reporter's language."""

    code: str
    text: str


class Referral(Data):
    """Who outside the city must act, and why."""

    agency: str
    name: str
    phone: str | None = None
    url: str | None = None
    reason: ReferralReason | None = None


class Decision(Data):
    """What triage decided about one request, with a reason for everything.

    Attributes:
        case_id: The case that the request belongs to; null for ``referral`` and ``answered``.
        rejected: The few cases that came nearest to being the one, the nearest first.
        emergency: Independent of the outcome; with it ``advice`` holds ``call_911``.
        referral: Filled for outcome ``referral`` and wherever an outside agency must act as well.
        conditions: Codes of what the request states of the problem and does not deny; null in a
            decision that does not tell.
        explanation: Why it was decided so, in plain English sentences.
    """

    request_id: str
    tracking_number: str
    case_id: str | None
    outcome: TriageOutcome
    duplicate: Duplicate | None = None
    rejected: tuple[Rejected, ...] = ()
    priority: Priority
    emergency: Emergency | None = None
    referral: Referral | None = None
    advice: tuple[Advice, ...] = ()
    service_code: str
    rules_version: str
    conditions: tuple[str, ...] | None = None
    explanation: tuple[str, ...] = ()
    request: Request


class RequestTriaged(Event):
    """A request got its one decision."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.request.triaged.v1"] = "route311.request.triaged.v1"
    source: str = "/triage"
    data: Decision


class Surge(Data):
    """Many independent reports of one kind in one district, against what is usual there."""

    surge_id: str
    jurisdiction: str
    dedup_group: str
    district: str
    window_start: AwareDatetime
    window_end: AwareDatetime
    count: int
    expected: float


class SurgeStarted(Event):
    """Reports of one kind in one district began to exceed what is usual."""

    subject_field: ClassVar[str] = "surge_id"

    type: Literal["route311.surge.started.v1"] = "route311.surge.started.v1"
    source: str = "/triage"
    data: Surge


class SurgeEnded(Event):
    """Reports of one kind in one district fell back to what is usual."""

    subject_field: ClassVar[str] = "surge_id"

    type: Literal["route311.surge.ended.v1"] = "route311.surge.ended.v1"
    source: str = "/triage"
    data: Surge

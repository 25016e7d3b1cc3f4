"""Decisions and surges that triage publishes."""

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field

from shared.contract.events.base import Data, Event, PlausibleMoment
from shared.contract.events.requests import Request
from shared.contract.events.submissions import Advice
from shared.vocabulary import DangerClass, Lane, PriorityLevel, TriageOutcome


class MatchReason(Data):
    """One named reason why a report matches an earlier case."""

    code: str
    """Stable code of the reason, such as ``same_kind`` or ``near``."""
    detail: str | None = None
    """Figures or words behind the reason, such as ``12 m of 30 m``; null for none."""


class PriorityReason(Data):
    """One named reason for a priority."""

    code: str
    """Stable code of the reason, such as ``base_p2`` or ``lane_blocked``."""
    points: int
    """Points added to the score; negative for a reason that lowers it."""
    evidence: str | None = None
    """Words or answer that gave the reason; null for none."""


class Priority(Data):
    """Priority of a request or case, with its reasons."""

    level: PriorityLevel
    """Level, ``P1`` (most urgent) to ``P5``."""
    score: int
    """Sum of the reasons' points; each level is a band of scores."""
    reasons: tuple[PriorityReason, ...] = ()
    """Reasons whose points add up to ``score``."""


class Duplicate(Data):
    """The earlier case that this request was matched with."""

    of_case: str
    """Id of the earlier case, a UUIDv7."""
    of_request: str
    """Id of the request that opened the earlier case, a UUIDv7."""
    confidence: float
    """Confidence that both are the same problem, 0 to 1."""
    distance_m: float | None = None
    """Distance between the two reports in metres; null without two points."""
    hours_apart: float
    """Absolute difference of their event times in hours."""
    reasons: tuple[MatchReason, ...] = ()
    """Reasons for and against the match."""


class RejectedCandidate(Data):
    """An earlier case that was considered and rejected as a match."""

    case_id: str
    """Id of the earlier case, a UUIDv7."""
    request_id: str
    """Id of the request that opened that case, a UUIDv7."""
    code: str
    """Why it was not matched, such as ``too_far`` or ``too_few_points``."""
    detail: str | None = None
    """Figure that counted and its limit, such as ``41.5 m of 30 m``; null for none."""
    distance_m: float | None = None
    """Distance between the two reports in metres; null without two points."""
    hours_apart: float
    """Absolute difference of their event times in hours."""


class Emergency(Data):
    """A danger to life in the report."""

    code: str = Field(examples=["live_wire"])
    """Stable code of the danger, such as ``live_wire``."""
    evidence: str = Field(examples=["sparking"])
    """Words of the report, or the kind, that show the danger."""


class ReferralReason(Data):
    """Reason for the responsibility of an outside agency."""

    code: str
    """Stable code of the reason, such as ``state_land``."""
    text: str
    """Reason as a sentence in the reporter's language."""


class Referral(Data):
    """An agency outside the city that must act instead of the city or beside it."""

    agency: str
    """Code of the agency; outside agencies begin with ``EXT-``."""
    name: str
    """Name of the agency."""
    phone: str | None = None
    """Telephone number of the agency as it is printed, or null."""
    url: str | None = None
    """Web address of the agency, or null."""
    reason: ReferralReason | None = None
    """Why this agency is responsible; null where the catalogue gives no reason."""


class Decision(Data):
    """Triage's decision on one request, with a reason for each part."""

    request_id: str
    """Id of the request, a UUIDv7."""
    tracking_number: str
    """The request's tracking number."""
    case_id: str | None
    """Id of the case that the request belongs to; null for ``referral`` and ``answered``."""
    outcome: TriageOutcome
    """Result of triage for this request."""
    duplicate: Duplicate | None = None
    """Matched earlier case; set for duplicate, recurrence and possible_duplicate."""
    rejected: tuple[RejectedCandidate, ...] = ()
    """Up to three earlier cases that were considered and rejected, nearest first."""
    priority: Priority
    """Priority of this request; its case takes the highest of its requests."""
    emergency: Emergency | None = None
    """Danger to life, independent of the outcome; with it ``advice`` has ``call_911``, and
    ``call_crisis_line`` before it for self-harm."""
    danger: tuple[DangerClass, ...] = ()
    """Classes of the dangers that it names as present, the most pressing first."""
    referral: Referral | None = None
    """Outside agency; set for outcome ``referral`` and where an agency must act as well."""
    advice: tuple[Advice, ...] = ()
    """Advice for the reporter."""
    service_code: str
    """Code of the kind by which triage decided."""
    rules_version: str
    """Hash of the catalogue data by which triage decided."""
    conditions: tuple[str, ...] | None = None
    """Codes of the conditions that the request states and does not negate; or null."""
    explanation: tuple[str, ...] = ()
    """Why triage decided so, as plain English sentences."""
    request: Request
    """The request as intake published it."""


class RequestTriaged(Event):
    """Triage decided one request; the first decision is final."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.request.triaged.v1"] = "route311.request.triaged.v1"
    source: str = "/triage"
    data: Decision


class ReportCount(Data):
    """Reporters of one group in one district within ten minutes."""

    district: str
    """Code of the district, or ``unknown``."""
    observed_from: PlausibleMoment
    """Start of the ten minutes in which the problems were seen, UTC."""
    reporters: tuple[Annotated[int, Field(ge=0, lt=1 << 48)], ...]
    """A number for each reporter, equal for one person; an anonymous report has its own."""


class ReportCounts(Data):
    """Reports of one group and lane that triage decided in one batch, without their content."""

    jurisdiction: str
    """Id of the city."""
    dedup_group: str
    """Group of kinds that can describe the same problem."""
    lane: Lane
    """Lane by which the requests came."""
    counts: tuple[ReportCount, ...]
    """One entry for each district and ten minutes."""


class ReportsCounted(Event):
    """Triage decided requests of one group; the input of the surge watcher."""

    subject_field: ClassVar[str] = "dedup_group"

    type: Literal["route311.reports.counted.v1"] = "route311.reports.counted.v1"
    source: str = "/triage"
    data: ReportCounts


class Surge(Data):
    """Far more independent reports of one group in one district than expected."""

    surge_id: str
    """Id of the surge, a UUIDv7; the same when it starts and ends."""
    jurisdiction: str
    """Id of the city."""
    dedup_group: str
    """Group of kinds that surges."""
    district: str
    """Code of the district, or ``unknown``."""
    window_start: AwareDatetime
    """Start of the counting window, UTC, inclusive."""
    window_end: AwareDatetime
    """End of the counting window, UTC, exclusive."""
    count: int
    """Independent reports in the window; each reporter counts once."""
    expected: float
    """Expected reports in the window, from the weeks before."""


class SurgeStarted(Event):
    """Reports of one group in one district began to exceed the expected number."""

    subject_field: ClassVar[str] = "surge_id"

    type: Literal["route311.surge.started.v1"] = "route311.surge.started.v1"
    source: str = "/triage"
    data: Surge


class SurgeEnded(Event):
    """Reports of one group in one district fell back to the expected number."""

    subject_field: ClassVar[str] = "surge_id"

    type: Literal["route311.surge.ended.v1"] = "route311.surge.ended.v1"
    source: str = "/triage"
    data: Surge

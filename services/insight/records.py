"""Rows that insight stores, as events state them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.insight.rules.cases import CaseVersion
from shared.vocabulary import DeskOutcome


class DecidedRequest(NamedTuple):
    """A request as triage decided it; ``reporter`` is equal for one person in one dedup group."""

    request_id: str
    jurisdiction: str
    channel: str
    language: str | None
    kind: str
    dedup_group: str
    district: str | None
    level: str
    outcome: str
    unsure: bool
    entered_by: str
    submitted_at: datetime
    reporter: int | None


class RequestMembership(NamedTuple):
    """The case of a request after so many moves; the most moves win."""

    request_id: str
    case_id: str
    moves: int


class ResidentAnswer(NamedTuple):
    """A reporter's answer whether the problem is fixed; the latest wins."""

    request_id: str
    at: datetime
    fixed: bool


class DeskContact(NamedTuple):
    """A contact of the desk with its outcome; ``seconds`` are those from the first key."""

    contact_id: UUID
    at: datetime
    channel: str
    language: str | None
    outcome: DeskOutcome
    seconds: int | None
    request_id: UUID | None


class MonthlyReport(NamedTuple):
    """A city's report by mail, with the names of its kinds and districts by code."""

    id: str
    city: str
    recipients: Sequence[str]
    kinds: Mapping[str, str]
    districts: Mapping[str, str]


@dataclass(slots=True)
class FactUpdates:
    """Rows from a batch of events. Applied twice or in another order, they give the same tables."""

    decided: dict[str, DecidedRequest] = field(default_factory=dict)
    memberships: dict[str, RequestMembership] = field(default_factory=dict)
    changes: dict[tuple[str, int], CaseVersion] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    answers: dict[str, ResidentAnswer] = field(default_factory=dict)

    def place(self, membership: RequestMembership) -> None:
        """Add a membership unless a later one of the request is known."""
        known = self.memberships.get(membership.request_id)
        if known is None or known.moves < membership.moves:
            self.memberships[membership.request_id] = membership

    def answer(self, answer: ResidentAnswer) -> None:
        """Add an answer unless a later one of the request is known."""
        known = self.answers.get(answer.request_id)
        if known is None or known.at < answer.at:
            self.answers[answer.request_id] = answer

    @property
    def touched_cases(self) -> Sequence[str]:
        """Cases with new versions, in order."""
        return sorted({case_id for case_id, _ in self.changes})

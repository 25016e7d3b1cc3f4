"""Requests as lists show them."""

from dataclasses import dataclass
from datetime import datetime

from services.intake.public_status.model import StatusChange


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """A request of a public kind, with triage's decision and the case that it is in.

    Attributes:
        request_id: Internal id; not shown.
        public_id: The name by which everybody may know it.
        service_code: Its kind.
        submitted_at: When it was submitted, UTC.
        updated_at: When it last changed, UTC.
        is_open: False once the work is done or an agency outside the city took over.
        description: The reporter's words, redacted; empty once erased.
        address: Redacted.
        latitude: Degrees of the problem.
        longitude: Degrees of the problem.
        outcome: A ``TriageOutcome``; None before the decision.
        referral_name: The agency outside the city that must act.
        referral_phone: Its telephone number.
        referral_url: Its website.
        was_moved: True when an operator moved it to another case than triage decided.
        media_id: The first of its pictures that an operator released; None without one.
        case_id: Its case; None without one.
        last: The latest change of its case.
    """

    request_id: str
    public_id: str
    service_code: str
    submitted_at: datetime
    updated_at: datetime
    is_open: bool
    description: str
    address: str | None
    latitude: float | None
    longitude: float | None
    outcome: str | None
    referral_name: str | None
    referral_phone: str | None
    referral_url: str | None
    was_moved: bool
    media_id: str | None
    case_id: str | None
    last: StatusChange | None

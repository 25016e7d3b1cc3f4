"""Public data of requests, their decisions and their cases; never contact data.

What is stored is a tuple, which is its own row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Listing(NamedTuple):
    """The part of a request that only lists show; requests of private kinds have none.

    Attributes:
        description: The reporter's words, redacted.
        latitude: Degrees of the problem, as submitted.
        longitude: Degrees of the problem, as submitted.
    """

    description: str
    latitude: float | None
    longitude: float | None


class PublicRequest(NamedTuple):
    """The public data of a request when it is accepted.

    Attributes:
        request_id: Internal id; not shown.
        tracking_number: The number by which residents look it up.
        submitted_at: When it was submitted, UTC.
        address: Redacted; takes precedence over the point.
        latitude: Degrees, rounded to about 100 m.
        longitude: Degrees, rounded to about 100 m.
        reporter_ref: Pseudonym of the reporter; None for an anonymous one. Not shown.
        phone_ref: Keyed hash of the number that gets texts about it; None without one. Not shown.
        public_id: The name by which everybody may know it; None for one from before there were any.
        listing: What lists show of it; None for a private kind, which no list shows.
    """

    request_id: str
    tracking_number: str
    jurisdiction: str
    service_code: str
    submitted_at: datetime
    address: str | None
    latitude: float | None
    longitude: float | None
    reporter_ref: str | None = None
    phone_ref: str | None = None
    public_id: str | None = None
    listing: Listing | None = None


class PublicDecision(NamedTuple):
    """The public part of triage's decision about a request.

    Attributes:
        decided_at: When triage decided.
        outcome: A ``TriageOutcome``.
        referral_name: The agency outside the city that must act.
        referral_reason: Code of the reason for the referral.
        answer: Code of the answer to a question that needs no work.
    """

    request_id: str
    decided_at: datetime
    outcome: str
    referral_name: str | None = None
    referral_phone: str | None = None
    referral_url: str | None = None
    referral_reason: str | None = None
    answer: str | None = None


class CaseLink(NamedTuple):
    """The link from a request to its case.

    Attributes:
        case_id: Its case since ``joined_at``.
        joined_at: When it joined.
        moves: How often operators had moved the request by then; the highest number wins.
    """

    request_id: str
    case_id: str
    joined_at: datetime
    moves: int = 0


class StatusChange(NamedTuple):
    """A change of a case's status.

    Attributes:
        version: Orders the changes of one case.
        status: A ``CaseStatus``.
        taken_at: When it happened.
        bureau: Code of the lead bureau.
        scheduled_for: When the work is planned.
    """

    case_id: str
    version: int
    status: str
    taken_at: datetime
    bureau: str
    note: str | None = None
    scheduled_for: datetime | None = None


class WorkPictures(NamedTuple):
    """The pictures of ours that a bureau added to a change of a case.

    Attributes:
        publisher: Code of the bureau, whose own pictures are public at once; None where an
            operator decides.
    """

    case_id: str
    version: int
    media_ids: tuple[str, ...]
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """A request with its decision and the status changes of its case.

    Attributes:
        decision: None before triage has decided.
        changes: The latest changes, oldest first.
        was_moved: True when an operator moved it to another case than triage decided.
        media_ids: Pictures of the reporter that are public, oldest first.
        work_media_ids: Pictures of the work that are public, by the version of the change.
        complete_by: By when the city means to solve its case; None where that is unknown.
    """

    request: PublicRequest
    decision: PublicDecision | None
    changes: tuple[StatusChange, ...]
    was_moved: bool = False
    media_ids: tuple[str, ...] = ()
    work_media_ids: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    complete_by: datetime | None = None

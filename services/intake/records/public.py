"""The public status of a request, and texts that wait for a review; each tuple is a row."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.intake.rules.private_persons import HeldText, PersonalWords
from shared.vocabulary import GeoPoint, TextStatus


class TextToReview(NamedTuple):
    """A held text with the request that an operator decides about.

    Attributes:
        description: Words of the request; None for a note, which its case's history has.
    """

    tracking_number: str
    public_id: str | None
    jurisdiction: str
    service_code: str
    is_note: bool
    held_at: datetime
    description: str | None
    findings: Sequence[PersonalWords]
    language: str | None


class NothingToReviewError(Exception):
    """The request has no text, or no more."""


class Listing(NamedTuple):
    """The part of a request that only lists show, redacted; private kinds have none."""

    description: str
    latitude: float | None
    longitude: float | None


class PublicRequest(NamedTuple):
    """The public data of a request when it is accepted.

    Attributes:
        address: Redacted; takes precedence over the point.
        latitude: Degrees, rounded to about 100 m; likewise the longitude.
        reporter_ref: Pseudonym of the reporter; not shown.
        phone_ref: Keyed hash of the number that gets texts about it; not shown.
        phone_language: Language in which it gets them; not shown.
        public_id: None for a request from before there were any.
        own_text: Description of a private kind, for operators and its holder alone.
        listing: None for a private kind.
        held: Its description, where that waits for an operator.
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
    phone_language: str | None = None
    public_id: str | None = None
    own_text: str | None = None
    listing: Listing | None = None
    held: HeldText | None = None
    pictures: Collection[str] = ()  # ids
    has_contact: bool = False


class PublicDecision(NamedTuple):
    """The public part of triage's decision: codes of outcome, reason and answer."""

    request_id: str
    decided_at: datetime
    outcome: str
    referral_name: str | None = None
    referral_phone: str | None = None
    referral_url: str | None = None
    referral_reason: str | None = None
    answer: str | None = None


class CaseLink(NamedTuple):
    """The link from a request to its case; of several the one with the most moves wins."""

    request_id: str
    case_id: str
    joined_at: datetime
    moves: int = 0


class StatusChange(NamedTuple):
    """A change of a case's status; versions order the changes of one case.

    Attributes:
        not_fixed: True for a case that a resident reopened by "not fixed".
    """

    case_id: str
    version: int
    status: str
    taken_at: datetime
    bureau: str
    note: str | None = None
    scheduled_for: datetime | None = None
    not_fixed: bool = False


class WorkPictures(NamedTuple):
    """Pictures of a bureau in a change of a case; those of a publisher are public at once."""

    case_id: str
    version: int
    media_ids: tuple[str, ...]
    publisher: str | None = None


class AddedNote(NamedTuple):
    """Words that were added to a request, redacted."""

    added_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """A request with its decision and the latest status changes of its case, oldest first.

    Attributes:
        was_moved: True when an operator moved it to another case than triage decided.
        description: The reporter's words, redacted, for the holder of the tracking number.
        text_status: Of its texts together: held while any of them is.
        media_ids: Public pictures of the reporter, oldest first.
        held_media_ids: Pictures that the reporter alone sees.
        notes: The latest 50, oldest first; for the holder of the tracking number, as the words.
        point: As near as a pin on a map tells; None for a private kind.
        is_anonymous: True for a reporter who gave no contact.
        work_media_ids: Public pictures of the work, by the version of the change.
    """

    request: PublicRequest
    decision: PublicDecision | None
    changes: tuple[StatusChange, ...]
    was_moved: bool = False
    media_ids: tuple[str, ...] = ()
    work_media_ids: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    complete_by: datetime | None = None
    description: str | None = None
    text_status: TextStatus = "public"
    held_media_ids: tuple[str, ...] = ()
    notes: tuple[AddedNote, ...] = ()
    point: GeoPoint | None = None
    is_anonymous: bool = False

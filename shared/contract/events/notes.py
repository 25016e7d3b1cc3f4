"""Notes that people add to a request, and their assessment by triage."""

from typing import ClassVar, Literal, TypeAlias

from pydantic import AwareDatetime, Field

from shared.contract.events.base import Data, Event
from shared.contract.events.requests import Location
from shared.contract.events.submissions import Advice, Media
from shared.contract.events.triage import Emergency, Priority
from shared.vocabulary import Lane, SubmissionChannel

# Author of a note: the reporter of its request, or anyone else who knows the number.
NoteAuthor: TypeAlias = Literal["reporter", "other"]


class Note(Data):
    """An addition to a request; holds no contact data, and changes no contact."""

    note_id: str = Field(examples=["019abd6e-7c00-7a31-8f00-1d2c3b4a5968"])
    """Id of the note, a UUIDv7."""
    request_id: str
    """Id of the request, a UUIDv7."""
    tracking_number: str
    """The request's tracking number."""
    jurisdiction: str
    """Id of the city."""
    dedup_group: str
    """Group of kinds of the request."""
    channel: SubmissionChannel
    """Channel by which the note came."""
    text: str = Field(examples=["Now it blocks the whole lane"])
    """The person's words, normalized, contact data replaced by ``[removed]``."""
    language: str | None = None
    """Language of ``text``, a BCP 47 tag; null when not stated."""
    media: tuple[Media, ...] = ()
    """Pictures and other files by address."""
    at: AwareDatetime
    """Moment at which the note was added, UTC."""
    by: NoteAuthor | None = None
    """``reporter`` where the writer is known to be the request's, else ``other``.

    An ``other`` changes no contact, status or place, and raises the priority by a danger alone.
    Null where the adapter does not state it.
    """
    location: Location | None = None
    """Location of the problem, given by the reporter of a request without one; null in other notes.

    The case gets it if it has none, and goes from the desk to the bureau that routing names.
    """
    lane: Lane
    """``express`` when the note may be about an urgent hazard, else ``standard``."""


class NoteAdded(Event):
    """A person added a note to a request; triage passes it on to the request's case."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.request.note_added.v1"] = "route311.request.note_added.v1"
    source: str = "/intake"
    data: Note


class Reassessment(Data):
    """Priority of a request after its notes."""

    request_id: str
    """Id of the request, a UUIDv7."""
    case_id: str | None
    """Id of the case that the request belongs to; null where triage opened none."""
    priority: Priority
    """Priority of the request by its own words and those of its notes."""
    emergency: Emergency | None = None
    """Danger to life that the request and its notes describe; or null."""
    advice: tuple[Advice, ...] = ()
    """Advice for the reporter; with a danger to life it holds ``call_911``, and
    ``call_crisis_line`` before it for self-harm."""
    note_id: str
    """Id of the note that led to it, a UUIDv7."""
    explanation: tuple[str, ...] = ()
    """Why triage decided so, as plain English sentences."""


class RequestReassessed(Event):
    """The notes of a request raised its priority or describe a danger to life."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.request.reassessed.v1"] = "route311.request.reassessed.v1"
    source: str = "/triage"
    data: Reassessment


class Feedback(Data):
    """One answer of one reporter; holds no contact data."""

    case_id: str
    """Id of the case that was asked about, a UUIDv7."""
    request_id: str
    """Id of the reporter's request, a UUIDv7."""
    fixed: bool
    """False when the reporter states that the problem is not fixed."""
    comment: str | None = Field(default=None, examples=["The hole is half filled"])
    """The reporter's words, at most 4,000 characters, contact data replaced by ``[removed]``."""
    channel: SubmissionChannel
    """Channel by which the answer came: ``web`` for a page, ``sms`` for a text."""
    at: AwareDatetime
    """Moment of the answer, UTC."""


class FeedbackGiven(Event):
    """A reporter's answer whether the problem is fixed; an early NO reopens the case.

    Notify receives answers by the link in its messages, intake those by text and on its pages.
    """

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.feedback.given.v1"] = "route311.feedback.given.v1"
    source: str = "/notify"
    data: Feedback

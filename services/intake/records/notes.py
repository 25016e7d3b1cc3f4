"""Requests that notes are about, and the notes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import Field, StrictBool, StringConstraints

from shared.contract.events import (
    Data,
    FieldError,
    Media,
)
from shared.contract.events.notes import NoteAuthor
from shared.contract.events.submissions import MAX_DESCRIPTION, MAX_MEDIA, Short
from shared.vocabulary import SubmissionChannel


class RequestReference(NamedTuple):
    """The request that a note is about, with keyed hashes of its reporter."""

    request_id: str
    tracking_number: str
    jurisdiction: str
    service_code: str
    reporter_ref: str | None = None
    phone_ref: str | None = None

    def author(self, *refs: str) -> NoteAuthor:
        """Return the role of the person with these keyed hashes of address, number or account."""
        return "other" if {self.reporter_ref, self.phone_ref}.isdisjoint(refs) else "reporter"


class AskedRequest(NamedTuple):
    """A request that its reporter was asked about."""

    request_id: str
    case_id: str
    tracking_number: str
    service_code: str
    at: datetime  # of the case's step that asks


class NoteWriter(Data):
    """The person who writes a note, as the reporter in the submission; is not kept."""

    email: Short | None = None
    """E-mail address."""
    phone: Short | None = None
    """Telephone number, E.164 or as written in the jurisdiction's country."""
    account_id: Short | None = Field(default=None, examples=["a-1972"])
    """Account with the adapter, for requests that it submitted over HTTP."""


class SubmittedNote(Data):
    """A note as an adapter writes it."""

    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_DESCRIPTION)
    ]
    """The person's words, 1 to 4,000 characters."""
    language: Annotated[str, StringConstraints(max_length=35)] | None = None
    """Language of ``text``, a BCP 47 tag."""
    media: tuple[Media, ...] = Field(default=(), max_length=MAX_MEDIA)
    """Pictures and other files, at most 20."""
    channel: SubmissionChannel = "web"
    """Channel by which the person wrote."""
    not_fixed: StrictBool = False
    """True when the reporter says that finished work did not solve the problem; a completed case is
    reopened. Of anybody else it is a note alone."""
    reporter: NoteWriter | None = None
    """The author; the reporter, where one of these is the same as in the submission."""


class NoteCall(NamedTuple):
    """A call that adds a note."""

    caller: str
    id: str
    number: str
    data: Any
    page_by: NoteAuthor | None = None


class NoteError(Exception):
    """A note that is not added, with its invalid fields."""

    def __init__(self, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(type(self).__name__)
        self.errors = errors


class NoSuchRequestError(NoteError):
    """No request has the tracking number."""


class TooManyNotesError(NoteError):
    """The request got its daily maximum of notes from pages."""


class StatedPlace(NamedTuple):
    """A place that a person stated after the report; unless it is sure, a geocoder must know it."""

    words: str
    is_sure: bool


class NoteWords(NamedTuple):
    """Words of a conversation to add to a request; each 4,000 characters are a note.

    Attributes:
        media: Addresses of our own pictures, for the first note.
        place: Stated location of the request; counts if the sender is the reporter.
    """

    text: str
    channel: SubmissionChannel
    language: str | None
    by: NoteAuthor
    media: Sequence[str] = ()
    place: StatedPlace | None = None

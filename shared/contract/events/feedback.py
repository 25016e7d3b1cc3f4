"""Residents' feedback on finished work."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from shared.contract.events.base import Data, Event
from shared.vocabulary import SubmissionChannel


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

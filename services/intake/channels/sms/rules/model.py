"""State of a conversation, and the outcome of one step of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.intake.records import (
    StatedPlace,
)


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report that waits for an answer.

    Attributes:
        first_id: Id of its first text, and of the submission that it becomes.
        texts: Everything that the person wrote for it, in order.
        since: When its first text came.
        due_at: When it becomes a request as it is.
        has_what: True once a text says what is wrong.
        place: Where, as written; None while unknown.
        asked: The open question: ``what``, ``where``, ``where_again``, or the code of a question
            of the kind.
        answers: Answers to questions of the kind, by code.
    """

    first_id: str
    texts: tuple[str, ...]
    since: datetime
    due_at: datetime
    has_what: bool = False
    place: str | None = None
    asked: str = ""
    answers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FollowedRequest:
    """The person's latest request, to which further texts belong.

    Attributes:
        place: Where, as written; None for a request without a place, empty where it is not kept.
        at: When the person last wrote about it.
        asks_where: True while the question where it is stands open.
        dangers: Conditions that make it and its notes a danger to life.
    """

    number: str
    service_code: str
    place: str | None
    at: datetime
    asks_where: bool = False
    dangers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Conversation:
    """Everything that is known of a person between two texts.

    Attributes:
        language: ``en`` or ``es``; None before a text showed one.
        is_silent: True after STOP: texts are taken and not answered.
        draft: The report that waits for an answer; None without one.
        request: The latest request; None before the first one.
        answered_at: When we answered in the last hour.
    """

    language: str | None = None
    is_silent: bool = False
    draft: ReportDraft | None = None
    request: FollowedRequest | None = None
    answered_at: tuple[datetime, ...] = ()


class AskedRequest(NamedTuple):
    """A request whose work is done."""

    number: str
    service_code: str


class IncomingText(NamedTuple):
    """A text as it arrives.

    Attributes:
        id: Its ``MessageSid``.
        body: The words, normalized; empty for a picture alone.
        at: When it arrived.
        names: Tracking number of a known request that stands in it; None without one.
        asked: The request that the person was last asked about, whether it is fixed, for a text
            that can be the answer; None without one.
        has_pictures: True when pictures came with it.
    """

    id: str
    body: str
    at: datetime
    names: str | None = None
    asked: AskedRequest | None = None
    has_pictures: bool = False


class TextNote(NamedTuple):
    """Words to add to a request.

    Attributes:
        place: Location as stated in them about the person's own request without one.
    """

    number: str
    text: str
    place: StatedPlace | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The outcome of one step.

    Attributes:
        conversation: The new state; an accepted draft still has to become its ``request``.
        reply: The answer; None for none. ``{number}`` stands for the number of the new request,
            ``{status}`` for what became of ``status_of``.
        submit: A draft that becomes a request now.
        asks_where: True when the reply to the new request asks where it is.
        dangers: Conditions that make the new request a danger to life.
        note: Words to add to a request.
        opted_out: A change of the person's consent to texts of ours; None for none.
        status_of: Tracking number of the request whose status the reply tells.
        says_fixed: The answer whether the request that the person was asked about is fixed; None
            for none.
    """

    conversation: Conversation
    reply: str | None = None
    submit: ReportDraft | None = None
    asks_where: bool = False
    dangers: frozenset[str] = frozenset()
    note: TextNote | None = None
    opted_out: bool | None = None
    status_of: str | None = None
    says_fixed: bool | None = None

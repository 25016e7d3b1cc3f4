"""State of a conversation, and the outcome of one step of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.intake.records import StatedPlace


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report that waits for an answer.

    Attributes:
        texts: Everything that the person wrote for it, in order.
        place: Where, as written; None while unknown.
        asked: The open question: ``what``, ``where``, ``where_again``, or the code of a question
            of the kind.
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
        names: Tracking number of a known request that stands in it; None without one.
        asked: The request that the person was last asked about, whether it is fixed, for a text
            that can be the answer; None without one.
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

"""State of a conversation, what a person sends, and what a step of it leads to."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from services.intake.records.notes import AskedRequest, StatedPlace
from shared.catalogue import LocalText, ProgramText


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report that waits for an answer."""

    first_id: str
    texts: tuple[str, ...]
    since: datetime
    due_at: datetime
    has_what: bool = False
    place: str | None = None
    # The open question: `what`, `where`, `where_again`, or the code of a question of the kind.
    asked: str = ""
    answers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FollowedRequest:
    """The person's latest request, to which further texts belong; an unkept place is empty."""

    number: str
    service_code: str
    place: str | None
    at: datetime
    asks_where: bool = False
    dangers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Conversation:
    """The state of a person between two texts; after STOP the person is silent."""

    language: str | None = None
    is_silent: bool = False
    draft: ReportDraft | None = None
    request: FollowedRequest | None = None
    answered_at: tuple[datetime, ...] = ()


class IncomingText(NamedTuple):
    """A text as it arrives."""

    id: str
    body: str  # normalized; empty for a picture alone
    at: datetime
    names: str | None = None  # tracking number of a known request in it
    asked: AskedRequest | None = None  # the request that a YES or NO can be about
    has_pictures: bool = False
    question: AskedRequest | None = None  # the request about which a team waits for an answer
    language: str | None = None  # of the person's contact


class TextNote(NamedTuple):
    """Words to add to a request, and the place that they state."""

    number: str
    text: str
    place: StatedPlace | None = None


# Texts behind each other; none for no answer.
Reply: TypeAlias = tuple[ProgramText | LocalText, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """The outcome of one step."""

    conversation: Conversation
    # `{number}` stands for the number of the new request, `{status}` for the status of `status_of`.
    reply: Reply = ()
    # A draft to submit; its request becomes part of the conversation then.
    submit: ReportDraft | None = None
    asks_where: bool = False
    dangers: frozenset[str] = frozenset()
    note: TextNote | None = None
    opted_out: bool | None = None  # a change of the consent to texts of ours
    status_of: str | None = None
    says_fixed: bool | None = None  # the answer to the question whether the request is fixed


# Answers in an hour; further texts are taken without one.
MAX_ANSWERS = 20
_WITHIN = timedelta(hours=1)


def may_answer(conversation: Conversation, now: datetime) -> bool:
    """Return True when the person may get an answer."""
    return len(_recent(conversation, now)) < MAX_ANSWERS


def answered(conversation: Conversation, now: datetime) -> Conversation:
    """Return the conversation after an answer."""
    return replace(conversation, answered_at=(*_recent(conversation, now), now))


def _recent(conversation: Conversation, now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in conversation.answered_at if now - at < _WITHIN)

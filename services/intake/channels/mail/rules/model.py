"""State of a conversation by e-mail, and the outcome of one step of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from services.intake.records import StatedPlace

# What a person is asked; ``danger_where`` is about a report that was passed on before.
Question: TypeAlias = Literal["what", "where", "what_where", "danger_where"]


@dataclass(frozen=True, slots=True)
class MailReport:
    """A report by e-mail.

    Attributes:
        first_id: Id of its first message, and of the submission that it becomes.
        due_at: When it becomes a request as it is.
        address: The person's address; None for one that no mail can be sent to.
        language: Language of the words, ``en`` or ``es``; None where it does not show.
        place: Where, as written; None while unknown.
    """

    first_id: str
    words: str
    attached: str
    since: datetime
    due_at: datetime
    address: str | None
    name: str | None
    language: str | None = None
    place: str | None = None
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailConversation:
    """The state between a question to a person and the answer.

    Attributes:
        language: Its language; None for English.
        report: The report that waits for the answer; None once it is a request.
        number: Tracking number of the request that it became; None before.
    """

    question: Question
    language: str | None = None
    report: MailReport | None = None
    number: str | None = None


class MailStep(NamedTuple):
    """The outcome of a message or of time.

    Attributes:
        keep: The report as it waits now for the answer to the question.
        place: Location of that request as stated in the note.
    """

    submit: MailReport | None = None
    question: Question | None = None
    keep: MailReport | None = None
    note: str | None = None
    place: StatedPlace | None = None

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
        due_at: Deadline, at which it is submitted as it is.
        language: ``en`` or ``es``; None where it does not show.
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
    """The state between a question and its answer; the report is None once it is a request."""

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

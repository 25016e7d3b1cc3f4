"""State machine of a conversation by e-mail: at most one question for each report, and its text.

A report goes on as soon as it says what and where, or tells of a danger to life. Else the person
is asked once for what is missing, and the report goes on with the answer, or without one when its
time is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from services.intake.channels.conversations.rules import MAX_ANSWER, TextReader
from services.intake.channels.mail.rules.message import MAX_WORDS
from services.intake.records.notes import StatedPlace
from shared.catalogue import Jurisdiction, ProgramText, danger_advice
from shared.vocabulary import DangerClass

# What a person is asked; those about a danger are about a report that was passed on before.
#
# ``crisis`` asks nothing: it answers words of a person who may harm themselves.
Question: TypeAlias = Literal[
    "what", "where", "what_where", "danger_where", "crisis_where", "crisis"
]


@dataclass(frozen=True, slots=True)
class MailReport:
    """A report by e-mail."""

    first_id: str  # id of its first message, and of the submission that it becomes
    words: str
    attached: str
    since: datetime
    due_at: datetime  # deadline, at which it is submitted as it is
    address: str | None
    name: str | None
    language: str | None = None  # `en` or `es`; None where it does not show
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
    """The outcome of a message or of time; a kept report waits for the answer to the question."""

    submit: MailReport | None = None
    question: Question | None = None
    keep: MailReport | None = None
    note: str | None = None
    place: StatedPlace | None = None


ANSWER_WITHIN = timedelta(hours=24)
# Characters that kind, place and danger are read from; a description has as many.
MAX_READ = 4_000


def on_report(report: MailReport, reader: TextReader, *, may_ask: bool) -> MailStep:
    """Return the step that a new report leads to."""
    words = report.words[:MAX_READ]
    reading = reader.read(words)
    report = replace(report, language=reading.language, place=reading.place)
    found = reader.assess(words)
    if found.is_danger:
        where: Question = "crisis_where" if found.is_crisis else "danger_where"
        asks = may_ask and report.place is None
        return MailStep(submit=report, question=where if asks else None)
    needs_place = found.needs_place and report.place is None
    question = _question(says_what=reading.says_what, needs_place=needs_place)
    if question is None or not may_ask:
        return MailStep(submit=_with_content(report))
    return MailStep(question=question, keep=report)


def on_answer(
    conversation: MailConversation, words: str, media: tuple[str, ...], reader: TextReader
) -> MailStep:
    """Return the step that an answer leads to; nothing is asked again.

    A greeting or a thank-you is no answer, and the report waits, unless it has grown long.
    """
    report, reading = conversation.report, reader.read(words[:MAX_READ])
    if report is None:
        return MailStep(
            note=words, place=reading.stated_place(words, asked="where" in conversation.question)
        )
    answered = replace(
        report,
        words="\n\n".join(filter(None, [report.words, words])),
        place=report.place or reading.place,
        media=(*report.media, *media),
        language=report.language or reading.language,
    )
    if reading.is_empty and not media and len(answered.words) <= MAX_WORDS:
        return MailStep(keep=answered)
    is_place = conversation.question == "where" and not reading.is_unsure
    if answered.place is None and is_place and len(words) <= MAX_ANSWER:
        answered = replace(answered, place=" ".join(words.split()) or None)
    return MailStep(submit=answered)


def on_due(conversation: MailConversation, now: datetime) -> MailStep | None:
    """Return the step of an overdue report; None without one."""
    report = conversation.report
    if report is None or report.due_at > now:
        return None
    return MailStep(submit=_with_content(report))


def _with_content(report: MailReport) -> MailReport | None:
    return report if report.words or report.attached or report.media else None


def _question(*, says_what: bool, needs_place: bool) -> Question | None:
    if not says_what:
        return "what_where" if needs_place else "what"
    return "where" if needs_place else None


SUBJECT = ProgramText("Your message to 311")
_WHERE = ProgramText(
    "Where is it? Reply with an address, two streets that cross, or the name of a place."
)
_NUMBER = ProgramText("Your report is {number}.")
_ASKED: Mapping[Question, tuple[ProgramText, ...]] = MappingProxyType(
    {
        "what": (ProgramText("What is wrong there?"),),
        "where": (_WHERE,),
        "what_where": (
            ProgramText(
                "What is wrong, and where? Reply with a few words and an address, two streets that "
                "cross, or the name of a place."
            ),
        ),
        "danger_where": (_NUMBER, _WHERE),
        "crisis_where": (_NUMBER, _WHERE),
        "crisis": (),
    }
)
_DANGERS: Mapping[Question, tuple[DangerClass, ...]] = MappingProxyType(
    {"danger_where": (), "crisis_where": ("self_harm",), "crisis": ("self_harm",)}
)
_THANKS = ProgramText("Thank you for your message.")
_WITHOUT_ANSWER = ProgramText(
    "If you do not answer, we pass your message on as it is after 24 hours."
)
_PHONE = ProgramText("To talk to somebody, call {phone}.")


def question_texts(question: Question, city: Jurisdiction) -> tuple[ProgramText, ...]:
    """Return the paragraphs of a question, danger first, which alone has a ``{number}``."""
    texts = _ASKED[question]
    if question in _DANGERS:
        return (*(one.text for one in danger_advice(_DANGERS[question], city)), *texts, _PHONE)
    return (_THANKS, *texts, _WITHOUT_ANSWER, _PHONE)

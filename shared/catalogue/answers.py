"""Answers to frequent questions that need no work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import Field

from shared.catalogue.field_types import Entry, LocalTextEntry, PhrasesEntry, Texts
from shared.catalogue.texts import LocalText, Phrases

ANSWERS = "answers.yaml"
QUESTIONS = "questions.yaml"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to questions about one topic.

    Attributes:
        supersedes: Codes of more general answers that this one replaces when both match.
        phrases: Patterns of the topic; a question matches one of them.
    """

    code: str
    kinds: frozenset[str]
    supersedes: frozenset[str]
    phrases: Phrases
    text: LocalText


@dataclass(frozen=True, slots=True)
class Faq:
    """A city's answers, and patterns that distinguish questions from complaints.

    Attributes:
        allowed_conditions: Conditions that a question may state because they only give a place.
    """

    questions: Phrases
    complaints: Phrases
    complaint_exceptions: Phrases
    allowed_conditions: frozenset[str]
    by_code: Mapping[str, Answer]


def most_specific(answers: Sequence[Answer]) -> list[Answer]:
    """Return the answers that none of the others supersedes."""
    general = {code for answer in answers for code in answer.supersedes}
    return [answer for answer in answers if answer.code not in general]


class QuestionsEntry(Entry):
    """The file ``questions.yaml``, common to all cities."""

    questions: PhrasesEntry
    complaints: PhrasesEntry
    complaint_exceptions: PhrasesEntry


class AnswerEntry(Entry):
    """One answer; ``kinds`` are service codes beside those of the file."""

    kinds: Texts = ()
    supersedes: Texts = ()
    phrases: PhrasesEntry
    text: LocalTextEntry
    source: Texts = Field(min_length=1)


class AnswersEntry(Entry):
    """The file ``answers.yaml`` of a city."""

    kinds: Texts = Field(min_length=1)
    allowed_conditions: Texts = ()
    answers: dict[str, AnswerEntry] = Field(min_length=1)


def build_faq(questions: QuestionsEntry, answers: AnswersEntry) -> Faq:
    """Return the FAQ that two valid entries describe."""
    by_code = {
        code: Answer(
            code,
            frozenset((*answers.kinds, *entry.kinds)),
            frozenset(entry.supersedes),
            _phrases(entry.phrases),
            LocalText(entry.text.en, entry.text.es),
        )
        for code, entry in answers.answers.items()
    }
    return Faq(
        _phrases(questions.questions),
        _phrases(questions.complaints),
        _phrases(questions.complaint_exceptions),
        frozenset(answers.allowed_conditions),
        MappingProxyType(by_code),
    )


def _phrases(entry: PhrasesEntry) -> Phrases:
    return Phrases(entry.en, entry.es)

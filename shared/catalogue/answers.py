"""What a city answers to questions that need no work."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import Field

from shared.catalogue.condition import Phrases
from shared.catalogue.document import Document, read_document
from shared.catalogue.draft import COMMON, Draft
from shared.catalogue.entries import Entry, LocalTextEntry, PhrasesEntry, Texts
from shared.catalogue.issues import CatalogueError, CatalogueIssue, unknown_name
from shared.catalogue.local_text import LocalText
from shared.catalogue.section import read_entry

ANSWERS = "answers.yaml"
QUESTIONS = "questions.yaml"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say to whoever asks about one thing.

    Attributes:
        kinds: Codes of the kinds under which it is asked.
        instead_of: Codes of answers that are too general where this one is meant.
        about: Wordings of which a question about it has one.
    """

    code: str
    kinds: frozenset[str]
    instead_of: frozenset[str]
    about: Phrases
    text: LocalText


@dataclass(frozen=True, slots=True)
class Faq:
    """All that a city can answer, and how a question is told from a complaint.

    Attributes:
        asking: Wordings of which every question has one.
        troubled: Wordings that show that something is wrong.
        untroubled: Wordings that only look like that.
        beside: Conditions that a question may state, since they only say where.
    """

    asking: Phrases
    troubled: Phrases
    untroubled: Phrases
    beside: frozenset[str]
    by_code: Mapping[str, Answer]


class _QuestionsEntry(Entry):
    asking: PhrasesEntry
    troubled: PhrasesEntry
    untroubled: PhrasesEntry


class _AnswerEntry(Entry):
    kinds: Texts = ()
    instead_of: Texts = ()
    about: PhrasesEntry
    text: LocalTextEntry
    source: Texts = Field(min_length=1)


class _AnswersEntry(Entry):
    kinds: Texts = Field(min_length=1)
    beside: Texts = ()
    answers: dict[str, _AnswerEntry] = Field(min_length=1)


def read_answers(folder: Path) -> Faq | None:
    """Read what a city can answer; None where it answers nothing by itself.

    Raises:
        CatalogueError: Something is wrong with one of the files.
    """
    questions, answers, faults = _read(folder)
    if faults:
        raise CatalogueError(faults)
    if questions is None or answers is None:
        return None
    return Faq(
        _phrases(questions.asking),
        _phrases(questions.troubled),
        _phrases(questions.untroubled),
        frozenset(answers.beside),
        MappingProxyType(
            {code: _answer(code, entry, answers.kinds) for code, entry in answers.answers.items()}
        ),
    )


def answer_issues(draft: Draft) -> Iterator[CatalogueIssue]:
    """Return all that is wrong with what a city answers."""
    _, answers, faults = _read(draft.folder)
    yield from faults
    if answers is None:
        return
    document = _document(draft.folder, draft.folder / ANSWERS)
    yield from _kinds(document, answers.kinds, draft, "kinds")
    for i, condition in enumerate(answers.beside):
        if condition not in draft.conditions:
            known = draft.conditions.declared
            reason = unknown_name("condition", condition, known, "conditions.yaml")
            yield document.fault(("beside", i), reason)
    for code, entry in answers.answers.items():
        yield from _kinds(document, entry.kinds, draft, "answers", code, "kinds")
        for i, other in enumerate(entry.instead_of):
            if other not in answers.answers:
                reason = unknown_name("answer", other, answers.answers, ANSWERS)
                yield document.fault(("answers", code, "instead_of", i), reason)


def _kinds(
    document: Document, kinds: tuple[str, ...], draft: Draft, *where: str | int
) -> Iterator[CatalogueIssue]:
    for i, kind in enumerate(kinds):
        if kind not in draft.services:
            reason = unknown_name("kind", kind, draft.services.declared, "services/")
            yield document.fault((*where, i), reason)


def _read(
    folder: Path,
) -> tuple[_QuestionsEntry | None, _AnswersEntry | None, list[CatalogueIssue]]:
    if not (folder / ANSWERS).exists():
        return None, None, []
    of_answers = _document(folder, folder / ANSWERS)
    answers, faults = read_entry(_AnswersEntry, of_answers, of_answers.data)
    common = folder.parent / COMMON / QUESTIONS
    if not common.exists():
        return None, None, [of_answers.fault((), f"answers need {COMMON}/{QUESTIONS}: add it")]
    of_questions = _document(folder, common)
    questions, wrong = read_entry(_QuestionsEntry, of_questions, of_questions.data)
    return questions, answers, [*of_answers.faults, *faults, *of_questions.faults, *wrong]


def _document(folder: Path, path: Path) -> Document:
    return read_document(folder.parent, path)


def _phrases(entry: PhrasesEntry) -> Phrases:
    return Phrases(entry.en, entry.es)


def _answer(code: str, entry: _AnswerEntry, kinds: tuple[str, ...]) -> Answer:
    text = LocalText(entry.text.en, entry.text.es)
    known = frozenset((*kinds, *entry.kinds))
    return Answer(code, known, frozenset(entry.instead_of), _phrases(entry.about), text)

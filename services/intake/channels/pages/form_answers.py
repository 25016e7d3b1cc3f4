"""Answers to the questions of a kind as a page's form sends them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite
from zoneinfo import ZoneInfo

from shared.catalogue import Attribute
from shared.redaction import Answer


class UnreadableAnswerError(ValueError):
    """The answer is no value of the question's datatype."""


def read_form_answers(
    given: Mapping[str, Sequence[str]], questions: Sequence[Attribute], zone: ZoneInfo
) -> tuple[dict[str, Answer], dict[str, str]]:
    """Return the answers by question, and the codes of errors by question.

    The codes are ``missing_answer`` and ``invalid_<datatype>``. Moments come without a time zone.
    """
    answers: dict[str, Answer] = {}
    errors: dict[str, str] = {}
    for question in questions:
        texts = given.get(question.code, ())
        if texts:
            try:
                answers[question.code] = _answer(question, texts, zone)
            except ValueError:
                errors[question.code] = f"invalid_{question.datatype}"
        elif question.required:
            errors[question.code] = "missing_answer"
    return answers, errors


def _answer(question: Attribute, texts: Sequence[str], zone: ZoneInfo) -> Answer:
    """Return the answer; raise ``ValueError`` when it is none."""
    match question.datatype:
        case "number":
            return _number(texts[0])
        case "datetime":
            return datetime.fromisoformat(texts[0]).replace(tzinfo=zone).isoformat()
        case "singlevaluelist":
            return _known(texts[:1], question)[0]
        case "multivaluelist":
            return _known(texts, question)
        case "string" | "text":
            return texts[0]


def _number(text: str) -> int | float:
    number = float(text.replace(",", "."))
    if not isfinite(number):
        raise UnreadableAnswerError
    return int(number) if number.is_integer() else number


def _known(keys: Sequence[str], question: Attribute) -> list[str]:
    if not set(keys) <= {key for key, _ in question.values}:
        raise UnreadableAnswerError
    return list(keys)

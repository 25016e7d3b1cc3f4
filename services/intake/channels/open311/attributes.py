"""Answers to the questions of a kind: read by datatype, or refused with the reason."""

from collections.abc import Mapping, Sequence

from services.intake.channels.open311.parameters import moment_of, number_of
from shared.catalogue import Attribute, ServiceType
from shared.redaction import Answer

_MAX_KEYS_TOLD = 20


def read_answers(
    given: Mapping[str, Sequence[str]], kind: ServiceType
) -> tuple[dict[str, Answer], list[str]]:
    """Return the answers of a submission, and what is wrong with them.

    An answer to no question of the kind is kept as text.

    Args:
        given: The texts of each answer by the question's code; none of them is blank.
        kind: The kind, with its questions.
    """
    questions = {question.code: question for question in kind.attributes}
    answers: dict[str, Answer] = {}
    errors = [
        f"attribute[{question.code}] is missing: {question.name.en}"
        for question in kind.attributes
        if question.required and not given.get(question.code)
    ]
    for code, texts in given.items():
        question = questions.get(code)
        if question and (advice := _advice(question, texts)):
            errors.append(f"attribute[{code}]: {advice}")
        else:
            answers[code] = _answer(question, texts)
    return answers, errors


def _advice(question: Attribute, texts: Sequence[str]) -> str | None:
    """Return what to write instead; None for a usable answer."""
    if question.datatype != "multivaluelist" and len(texts) > 1:
        return "give one answer."
    match question.datatype:
        case "number":
            return None if number_of(texts[0]) is not None else "write a number, such as 3."
        case "datetime":
            example = "2026-11-24T08:10:00-08:00"
            return None if moment_of(texts[0]) else f"write a moment, such as {example}."
        case "singlevaluelist" | "multivaluelist":
            keys = [key for key, _ in question.values]
            told = ", ".join(keys[:_MAX_KEYS_TOLD])
            return None if set(texts) <= set(keys) else f"write one of the keys: {told}."
        case "string" | "text":
            return None


def _answer(question: Attribute | None, texts: Sequence[str]) -> Answer:
    if question and question.datatype == "multivaluelist":
        return list(texts)
    if question and question.datatype == "number" and (number := number_of(texts[0])) is not None:
        return int(number) if number.is_integer() else number
    return texts[0] if len(texts) == 1 else list(texts)

"""Answers to questions: which question asks for contact data."""

import re
from typing import TypeAlias

Answer: TypeAlias = str | bool | int | float | list[str] | None
"""A resident's answer to a question of the kind."""

_WHOSE = r"(?:contact|reporter|caller|customer|resident|requester|applicant|user|your|my|mi|su)"
_PHONE = re.compile(
    rf"(?:{_WHOSE} )?(?:(?:cell|mobile|home|work) )?(?:tele)?(?:phone|tel|cell|mobile|sms|whatsapp"
    r"|tel[e\u00e9]fono|celular|m[o\u00f3]vil)(?: (?:number|no|num))?"
)
_NAME = re.compile(
    rf"(?:{_WHOSE} )?(?:full |first |last |given |family )?name|{_WHOSE} nombre|surname"
    r"|nombre(?: completo)?|apellidos?"
)
_MANY_DIGITS = re.compile(r"(?:\d\D{0,3}){7}")
_LETTER = re.compile(r"[^\W\d_]")


def is_contact_answer(name: str, answer: Answer) -> bool:
    """Return True for a telephone number or a name of a person, by the name of the question."""
    if not isinstance(answer, str | int) or isinstance(answer, bool):
        return False
    label = " ".join(re.findall(r"\w+", re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", name))).casefold()
    if _PHONE.fullmatch(label):
        return _MANY_DIGITS.search(str(answer)) is not None
    return _NAME.fullmatch(label) is not None and _LETTER.search(str(answer)) is not None

"""Redaction of contact data (PII) from free text, before it leaves intake."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.intake.rules.phones import may_contain_phone, phones_in
from services.intake.rules.text import Answer

REMOVED = "[removed]"

_EMAIL = re.compile(r"(?<![\w.+%'-])[\w.+%'-]+[@\uff20][\w-]+(?:\.[\w-]+)+")
_FULLWIDTH_AT = "\uff20"
_INTRODUCTION = (
    r"(?<!\w)(?:my name is|name is|name:|this is|i am|i['\u2019]m"
    r"|soy|me llamo|mi nombre es|nombre:)\s+"
)
_MIN_DIGITS = 7
_NATIONAL_DIGITS = 10
_SEPARATORS = r"[^\w\n]{0,3}"
_MAX_DIGITS = 200  # in which numbers are parsed, at some 30 microseconds per digit
_DIGIT = re.compile(r"\d")
_DIGIT_RUN = re.compile(r"[+\uff0b(]?\d(?:[^\w\n]{0,5}\d){6,}")
_WORD = re.compile(r"\w+")
_MAX_NAME_WORDS = 12
_MAX_QUOTED = 100  # characters of a name or an address that is searched for in any form


@dataclass(frozen=True, slots=True)
class KnownPii:
    """The reporter's own contact data, which the text may quote."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None


NO_KNOWN_PII = KnownPii()


@dataclass(frozen=True, slots=True)
class Redactor:
    """Removes e-mail addresses, telephone numbers and the reporter's name from texts.

    Attributes:
        region: The country, ISO 3166-1 alpha-2, whose national format applies to numbers without
            ``+``.
        public_numbers: Numbers that stay, E.164, such as those of the city itself.
    """

    region: str
    public_numbers: frozenset[str] = frozenset()

    def redact_text(self, text: str, known: KnownPii = NO_KNOWN_PII) -> str:
        """Return the text with ``REMOVED`` for each e-mail address and telephone number.

        The known address and number are removed in any format, a full name anywhere, a single
        name only after words such as "my name is". In a text with more than 200 digits every
        sequence of seven or more is removed, whether it is a telephone number or not.
        """
        return self._redact(text, known, is_dense=_has_many_digits((text,)))

    def redact_attributes(
        self, attributes: Mapping[str, Answer], known: KnownPii
    ) -> dict[str, Answer]:
        """Return the answers with each one redacted; their digits are counted together."""
        is_dense = _has_many_digits(
            [part for answer in attributes.values() for part in _texts(answer)]
        )
        return {
            name: self._redact_answer(answer, known, is_dense=is_dense)
            for name, answer in attributes.items()
        }

    def _redact(self, text: str, known: KnownPii, *, is_dense: bool) -> str:
        text = _remove_known(text, known)
        if "@" in text or _FULLWIDTH_AT in text:
            text = _EMAIL.sub(REMOVED, text)
        if not may_contain_phone(text):
            return text
        if is_dense:
            return _DIGIT_RUN.sub(REMOVED, text)
        return _remove_spans(text, self._private_phones(text))

    def _redact_answer(self, answer: Answer, known: KnownPii, *, is_dense: bool) -> Answer:
        if isinstance(answer, bool | None):
            return answer
        redacted = [self._redact(part, known, is_dense=is_dense) for part in _texts(answer)]
        if isinstance(answer, list):
            return redacted
        if isinstance(answer, str):
            return redacted[0]
        return answer if redacted == [str(answer)] else REMOVED

    def _private_phones(self, text: str) -> Iterator[tuple[int, int]]:
        for start, end, number in phones_in(text, self.region):
            if number not in self.public_numbers:
                yield start, end


def _texts(answer: Answer) -> list[str]:
    """Return the texts of an answer; a number is read as it is written."""
    if isinstance(answer, bool | None):
        return []
    return answer if isinstance(answer, list) else [str(answer)]


def _has_many_digits(texts: Sequence[str]) -> bool:
    if sum(map(len, texts)) <= _MAX_DIGITS:
        return False
    return sum(len(_DIGIT.findall(text)) for text in texts) > _MAX_DIGITS


def _remove_spans(text: str, spans: Iterator[tuple[int, int]]) -> str:
    pieces, copied_to = [], 0
    for start, end in spans:
        pieces += [text[copied_to:start], REMOVED]
        copied_to = end
    return "".join([*pieces, text[copied_to:]]) if pieces else text


def _remove_known(text: str, known: KnownPii) -> str:
    if known.name:
        text = _remove_name(text, known.name)
    if known.email and "@" in known.email and "@" in text:
        text = _remove_email(text, known.email)
    if known.phone and may_contain_phone(text):
        text = _remove_phone(text, known.phone)
    return text


def _remove_email(text: str, email: str) -> str:
    if len(email) > _MAX_QUOTED:
        return text.replace(email, REMOVED)
    return re.sub(re.escape(email), REMOVED, text, flags=re.IGNORECASE)


def _remove_name(text: str, name: str) -> str:
    """Remove a name; every word of one that is too long to be a person's.

    Words without a letter or digit are left out of the pattern, in which they would match the
    same characters as the separators and so in exponentially many ways.
    """
    words = [word for word in name.split() if _WORD.search(word)]
    if not words:
        return text
    if len(words) > _MAX_NAME_WORDS or len(name) > _MAX_QUOTED:
        return _remove_words(text, frozenset(_WORD.findall(name.casefold())))
    folded = text.casefold()
    for word in words:
        if word.casefold() not in folded:
            return text
    before = "" if len(words) > 1 else _INTRODUCTION
    separator = r"\W{1,3}" if len(words) == len(name.split()) else r"\W{1,9}"
    written = separator.join(map(re.escape, words))
    pattern = rf"({before})(?<!\w){written}(?!\w)"
    return re.sub(pattern, rf"\1{REMOVED}", text, flags=re.IGNORECASE)


def _remove_words(text: str, words: Collection[str]) -> str:
    def redacted(match: re.Match[str]) -> str:
        word = match.group()
        return REMOVED if len(word) > 1 and word.casefold() in words else word

    return _WORD.sub(redacted, text)


def _remove_phone(text: str, phone: str) -> str:
    digits = re.sub(r"\D", "", phone)[-_NATIONAL_DIGITS:]
    if len(digits) < _MIN_DIGITS or digits not in re.sub(r"\D", "", text):
        return text
    written = _SEPARATORS.join(digits)
    return re.sub(rf"(?<!\d)(?:\+?\d{{1,3}}{_SEPARATORS})?{written}(?!\d)", REMOVED, text)

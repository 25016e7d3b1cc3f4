"""Redaction of contact data (PII) from free text, before it leaves intake."""

import re
from collections.abc import Iterator, Mapping
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
        name only after words such as "my name is".
        """
        text = _remove_known(text, known)
        if "@" in text or _FULLWIDTH_AT in text:
            text = _EMAIL.sub(REMOVED, text)
        if may_contain_phone(text):
            text = _remove_spans(text, self._private_phones(text))
        return text

    def redact_attributes(
        self, attributes: Mapping[str, Answer], known: KnownPii
    ) -> dict[str, Answer]:
        """Return the answers with each one redacted."""
        return {name: self._redact_answer(answer, known) for name, answer in attributes.items()}

    def _redact_answer(self, answer: Answer, known: KnownPii) -> Answer:
        if isinstance(answer, str):
            return self.redact_text(answer, known)
        if isinstance(answer, list):
            return [self.redact_text(part, known) for part in answer]
        if isinstance(answer, bool | None):
            return answer
        written = str(answer)
        return answer if self.redact_text(written, known) == written else REMOVED

    def _private_phones(self, text: str) -> Iterator[tuple[int, int]]:
        for start, end, number in phones_in(text, self.region):
            if number not in self.public_numbers:
                yield start, end


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
        text = re.sub(re.escape(known.email), REMOVED, text, flags=re.IGNORECASE)
    if known.phone and may_contain_phone(text):
        text = _remove_phone(text, known.phone)
    return text


def _remove_name(text: str, name: str) -> str:
    words = name.split()
    folded = text.casefold()
    for word in words:
        if word.casefold() not in folded:
            return text
    before = "" if len(words) > 1 else _INTRODUCTION
    written = r"\W{1,3}".join(map(re.escape, words))
    pattern = rf"({before})(?<!\w){written}(?!\w)"
    return re.sub(pattern, rf"\1{REMOVED}", text, flags=re.IGNORECASE)


def _remove_phone(text: str, phone: str) -> str:
    digits = re.sub(r"\D", "", phone)[-_NATIONAL_DIGITS:]
    if len(digits) < _MIN_DIGITS or digits not in re.sub(r"\D", "", text):
        return text
    written = _SEPARATORS.join(digits)
    return re.sub(rf"(?<!\d)(?:\+?\d{{1,3}}{_SEPARATORS})?{written}(?!\d)", REMOVED, text)

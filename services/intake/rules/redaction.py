"""What leaves people's words before anybody but intake sees them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from services.intake.rules.phones import may_hold_phone, phones_in

REMOVED = "[removed]"

Answer: TypeAlias = str | bool | int | float | list[str] | None

_EMAIL = re.compile(r"(?<![\w.+%'-])[\w.+%'-]+[@\uff20][\w-]+(?:\.[\w-]+)+")
_WIDE_AT = "\uff20"
_INTRODUCTION = (
    r"(?<!\w)(?:my name is|name is|name:|this is|i am|i['\u2019]m"
    r"|soy|me llamo|mi nombre es|nombre:)\s+"
)
_FEWEST_DIGITS = 7
_NATIONAL_DIGITS = 10
_SEPARATORS = r"[^\w\n]{0,3}"


@dataclass(frozen=True, slots=True)
class KnownPii:
    """The reporter's own data, which the text may quote."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None


NOBODY = KnownPii()


@dataclass(frozen=True, slots=True)
class Redactor:
    """Takes contact data out of texts.

    Attributes:
        region: The country, ISO 3166-1 alpha-2, in whose way numbers are written without ``+``.
        public_numbers: Numbers that anybody may see, E.164, such as those of the city itself.
    """

    region: str
    public_numbers: frozenset[str] = frozenset()

    def redact_text(self, text: str, person: KnownPii = NOBODY) -> str:
        """Return the text with ``REMOVED`` for each e-mail address and telephone number.

        The reporter's own address and number go whatever their form, a full name wherever it
        stands, a single name after words such as "my name is".
        """
        text = _without_own(text, person)
        if "@" in text or _WIDE_AT in text:
            text = _EMAIL.sub(REMOVED, text)
        if may_hold_phone(text):
            text = _without(text, self._private_phones(text))
        return text

    def redact_attributes(
        self, answers: Mapping[str, Answer], person: KnownPii
    ) -> dict[str, Answer]:
        """Return the answers with contact data taken out of each."""
        return {name: self._of_answer(answer, person) for name, answer in answers.items()}

    def _of_answer(self, answer: Answer, person: KnownPii) -> Answer:
        if isinstance(answer, str):
            return self.redact_text(answer, person)
        if isinstance(answer, list):
            return [self.redact_text(part, person) for part in answer]
        if isinstance(answer, bool | None):
            return answer
        written = str(answer)
        return answer if self.redact_text(written, person) == written else REMOVED

    def _private_phones(self, text: str) -> Iterator[tuple[int, int]]:
        for start, end, number in phones_in(text, self.region):
            if number not in self.public_numbers:
                yield start, end


def _without(text: str, spans: Iterator[tuple[int, int]]) -> str:
    pieces, kept_to = [], 0
    for start, end in spans:
        pieces += [text[kept_to:start], REMOVED]
        kept_to = end
    return "".join([*pieces, text[kept_to:]]) if pieces else text


def _without_own(text: str, person: KnownPii) -> str:
    if person.name:
        text = _without_name(text, person.name)
    if person.email and "@" in person.email and "@" in text:
        text = re.sub(re.escape(person.email), REMOVED, text, flags=re.IGNORECASE)
    if person.phone and may_hold_phone(text):
        text = _without_digits(text, person.phone)
    return text


def _without_name(text: str, name: str) -> str:
    words = name.split()
    seen = text.casefold()
    for word in words:
        if word.casefold() not in seen:
            return text
    before = "" if len(words) > 1 else _INTRODUCTION
    written = r"\W{1,3}".join(map(re.escape, words))
    pattern = rf"({before})(?<!\w){written}(?!\w)"
    return re.sub(pattern, rf"\1{REMOVED}", text, flags=re.IGNORECASE)


def _without_digits(text: str, phone: str) -> str:
    digits = re.sub(r"\D", "", phone)[-_NATIONAL_DIGITS:]
    if len(digits) < _FEWEST_DIGITS or digits not in re.sub(r"\D", "", text):
        return text
    written = _SEPARATORS.join(digits)
    return re.sub(rf"(?<!\d)(?:\+?\d{{1,3}}{_SEPARATORS})?{written}(?!\d)", REMOVED, text)

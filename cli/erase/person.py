"""The person to erase: normalized as by intake, and recognized in any bytes."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from unicodedata import normalize

import phonenumbers
import pydantic_core

from shared.contract.events import Contact
from shared.email_address import normalize_email
from shared.errors import Route311Error
from shared.redaction import e164
from shared.text_matching.normalization import normalize_text

_BETWEEN_DIGITS = r"[^\w\n]{0,3}"


class NoContactError(Route311Error):
    """The text is neither an e-mail address nor a telephone number."""

    code = "no_contact"


@dataclass(frozen=True)
class Person:
    """A person, by an e-mail address or a telephone number."""

    emails: frozenset[str] = frozenset()  # case-folded forms of the address
    # The number in E.164, by each country's format in which it can be read.
    phones: frozenset[str] = frozenset()

    def has(self, contact: Contact) -> bool:
        """Return True when a contact has the address or the number."""
        email = (contact.email or "").strip().casefold()
        return email in self.emails or contact.phone in self.phones

    def is_named_in(self, parts: Iterable[bytes | None]) -> bool:
        """Return True when the address or the number is in one of these byte strings."""
        return any(self._pattern.search(text) for part in parts if part for text in _texts_in(part))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        emails = (rf"(?<![\w.+%-]){re.escape(email)}(?![\w-]|\.\w)" for email in self.emails)
        return re.compile("|".join([*emails, *map(_phone_pattern, self.phones)]))


def by_email(text: str) -> Person:
    """Return the person with this e-mail address, deliverable or not; NoContactError if invalid."""
    typed = normalize_text(text)
    local, _, domain = typed.rpartition("@")
    if not local or not domain:
        raise NoContactError("--email: write an address, such as ana@example.org")
    usable = normalize_email(typed)
    return Person(emails=frozenset(one.casefold() for one in (typed, usable) if one))


def by_phone(text: str, regions: Collection[str]) -> Person:
    """Return the person with this number, E.164 or of a region; NoContactError if invalid."""
    numbers = frozenset(filter(None, (e164(normalize_text(text), region) for region in regions)))
    if not numbers:
        raise NoContactError("--phone: write a number, such as +15035550100 or (503) 555-0100")
    return Person(phones=numbers)


def _phone_pattern(number: str) -> str:
    parsed = phonenumbers.parse(number)
    national = _BETWEEN_DIGITS.join(str(parsed.national_number))
    return rf"(?<!\d)(?:\+?{parsed.country_code}{_BETWEEN_DIGITS})?{national}(?!\d)"


def _texts_in(value: bytes) -> Iterable[str]:
    """Yield the bytes as text, and once more without JSON's escapes where they are JSON."""
    yield _folded(value.decode("utf-8", "replace"))
    if b"\\" in value:
        try:
            parsed = pydantic_core.from_json(value)
        except ValueError:
            return
        yield _folded(pydantic_core.to_json(parsed).decode())


def _folded(text: str) -> str:
    return normalize("NFKC", text).casefold()

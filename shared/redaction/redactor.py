"""Redaction of contact data (PII) from free text, before it leaves a service."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self, TypeAlias
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from shared.catalogue import Jurisdiction
from shared.redaction.emails import emails_in
from shared.redaction.links import without_links
from shared.redaction.names import names_in, names_in_note
from shared.redaction.own_names import MAX_QUOTED, own_names_in
from shared.redaction.phones import (
    may_contain_lettered_phone,
    may_contain_phone,
    odd_phones_in,
    phones_in,
    spoken_phones_in,
)
from shared.redaction.reading import Reading, Span, merged, plain_reading, visible

# A resident's answer to a question of the kind.
Answer: TypeAlias = str | bool | int | float | list[str] | None

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
    """Return True for a person's telephone number or name, by the name of the question."""
    if not isinstance(answer, str | int) or isinstance(answer, bool):
        return False
    label = " ".join(re.findall(r"\w+", re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", name))).casefold()
    if _PHONE.fullmatch(label):
        return _MANY_DIGITS.search(str(answer)) is not None
    return _NAME.fullmatch(label) is not None and _LETTER.search(str(answer)) is not None


_MOST_PARTS = 20  # of a path or query that are looked at one by one


def redact_url(
    url: str, holds_contact: Callable[[str], bool], path_holds_contact: Callable[[str], bool]
) -> str | None:
    """Return an address without user info and without contact data; None where nothing is left.

    A parameter of the query, a part of the path or a fragment with contact data is removed. The
    rest keeps its bytes, since an address may be signed. In parts of a path, which
    ``path_holds_contact`` checks, long numbers are mostly ids.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # such as a host in brackets that is no IPv6 address
        return None
    host = parts.netloc.rpartition("@")[2]
    segments, pairs = parts.path.split("/"), parts.query.split("&")
    kept = _harmless(segments, path_holds_contact)
    harmless = _harmless(pairs, holds_contact)
    [fragment] = _harmless([parts.fragment], holds_contact) or [""]
    if (host, kept, harmless, fragment) == (parts.netloc, segments, pairs, parts.fragment):
        return url
    if not host:
        return None
    path = "/".join(kept)
    if not path.startswith("/"):
        path = f"/{path}"
    return urlunsplit((parts.scheme, host, path, "&".join(harmless), fragment))


def _harmless(parts: Sequence[str], holds_contact: Callable[[str], bool]) -> Sequence[str]:
    """Return the parts without those that hold contact data; of very many, all or none."""
    decoded = [unquote_plus(part) for part in parts]
    if not holds_contact("\n".join(decoded)):
        return parts
    if len(parts) > _MOST_PARTS:
        return []
    return [part for part, text in zip(parts, decoded, strict=True) if not holds_contact(text)]


REMOVED = "[removed]"

_MIN_DIGITS = 7
_NATIONAL_DIGITS = 10
_SEPARATORS = r"(?:[^\w\n]|_){0,3}"
_MAX_DIGITS = 200  # in which numbers are parsed, at some 30 microseconds per digit
_DIGIT = re.compile(r"\d")
_DIGIT_RUN = re.compile(r"[+\uff0b(]?\d(?:(?:[^\w\n]|_){0,5}\d){6,}")
_LONG_NUMBER = re.compile(r"\d{8,}")
_WHOLE_NUMBER = re.compile(r"(?<![\w.])(?:\+\d{8,15}|1?[2-9]\d\d[2-9]\d{6})(?!\w)")
_NOT_A_DIGIT = re.compile(r"\D")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class KnownPii:
    """The reporter's own contact data, which the text may quote."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def digits(self) -> str:
        """The national digits of the phone number, or none where it has too few."""
        if not self.phone:
            return ""
        digits = _NOT_A_DIGIT.sub("", self.phone)[-_NATIONAL_DIGITS:]
        return digits if len(digits) >= _MIN_DIGITS else ""


NO_KNOWN_PII = KnownPii()


@dataclass(frozen=True)
class Redactor:
    """Removes contact data from texts: e-mail addresses, telephone numbers, names.

    Attributes:
        region: The country, ISO 3166-1 alpha-2, whose national format applies to numbers without
            ``+``.
        public_numbers: Numbers that stay, E.164, such as those of the city itself.
        public_domains: Domains of the city and of its partners; links to them stay in notes.
        place_words: Words in lower case that name offices here, and so no person.
    """

    region: str
    public_numbers: frozenset[str] = frozenset()
    public_domains: frozenset[str] = frozenset()
    place_words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, city: Jurisdiction) -> Self:
        """Return the redactor of a city; every number and domain of its catalogue is public."""
        agencies = [*city.agencies.values(), *city.neighbours.values()]
        bureaus = city.bureaus.values()
        phones = [city.phone, *(b.phone for b in bureaus), *(a.phone for a in agencies)]
        names = [city.name, *(b.name for b in bureaus), *(a.name for a in agencies)]
        hosts = {urlsplit(agency.url).hostname for agency in agencies if agency.url}
        region = city.holidays_country
        return cls(
            region,
            frozenset(
                number for text in phones if text for _, _, number in phones_in(text, region)
            ),
            frozenset({city.id, *(host.removeprefix("www.") for host in hosts if host)}),
            frozenset(word.casefold() for name in names for word in re.findall(r"\w+", name)),
        )

    def redact_text(self, text: str, known: KnownPii = NO_KNOWN_PII) -> str:
        """Return the text with ``REMOVED`` for each e-mail address, phone number and titled name.

        They are found in every written form: spaced, spelled out, encoded or in wide characters.
        The known address and number are removed in any format, the known name in either order,
        after a title and after words such as "my name is". In a text with more than 200 digits
        every sequence of seven or more is removed, whether it is a telephone number or not.
        """
        return self._redact(text, known, is_dense=_has_many_digits((text,)))

    def redact_address(self, text: str, known: KnownPii = NO_KNOWN_PII) -> str:
        """Redact an address; names other than the reporter's stay."""
        return self._redact(text, known, is_dense=_has_many_digits((text,)), has_names=False)

    def redact_attributes(
        self, attributes: Mapping[str, Answer], known: KnownPii
    ) -> dict[str, Answer]:
        """Return the answers with names and values redacted; their digits are counted together.

        An answer with a name such as "phone" or "contact_name" is removed whole where it can be
        one. Where two names become the same, the later one gets a number.
        """
        is_dense = _has_many_digits(
            [part for answer in attributes.values() for part in _texts(answer)]
        )
        redacted: dict[str, Answer] = {}
        for name, answer in attributes.items():
            public, number = self._redact(name, known, is_dense=False), 1
            while (key := public if number == 1 else f"{public} {number}") in redacted:
                number += 1
            redacted[key] = (
                REMOVED
                if is_contact_answer(name, answer)
                else self._redact_answer(answer, known, is_dense=is_dense)
            )
        return redacted

    def redact_url(self, url: str, known: KnownPii = NO_KNOWN_PII) -> str | None:
        """Return the address of a medium without contact data; None if nothing is left."""

        def holds_contact(text: str) -> bool:
            reading = plain_reading(text)
            if _WHOLE_NUMBER.search(reading.text):
                return True
            found = chain(
                odd_phones_in(reading.text, self.region),
                emails_in(reading),
                names_in(reading.text),
                _known_in(reading, known),
            )
            return next(found, None) is not None

        def path_holds_contact(text: str) -> bool:
            if known.digits and known.digits in text:
                return True
            return holds_contact(_LONG_NUMBER.sub("0", text))

        return redact_url(url, holds_contact, path_holds_contact)

    def redact_note(self, text: str) -> str:
        """Return a note of the city's staff without contact data, names and foreign links."""
        text = visible(text)
        reading = plain_reading(text)
        names = names_in_note(reading.text, self.place_words)
        redacted = _remove_spans(text, [reading.written(span) for span in names])
        return without_links(self.redact_text(redacted), self.public_domains)

    def holds_contact(self, identifier: str, known: KnownPii = NO_KNOWN_PII) -> bool:
        """Return True when an id that another program chose contains contact data."""
        if _UUID.fullmatch(identifier):
            return False
        return self.redact_text(identifier, known) != identifier

    def holds_known(self, identifier: str, known: KnownPii) -> bool:
        """Return True when an id contains the known contact data."""
        return next(iter(_known_in(plain_reading(identifier), known)), None) is not None

    def _redact(self, text: str, known: KnownPii, *, is_dense: bool, has_names: bool = True) -> str:
        if not text:
            return text
        reading = plain_reading(text)
        spans = [*_known_in(reading, known), *emails_in(reading)]
        read = [*spoken_phones_in(reading.text)]
        if has_names:
            read += names_in(reading.text)
        if is_dense and may_contain_phone(reading.text):
            read += (match.span() for match in _DIGIT_RUN.finditer(reading.text))
        elif not is_dense:
            read += self._private_phones(reading.text)
        if read:
            ids = [match.span() for match in _UUID.finditer(reading.text)]
            read = [(at, to) for at, to in read if not any(a <= at and to <= z for a, z in ids)]
        return _remove_spans(text, [*spans, *map(reading.written, read)])

    def _redact_answer(self, answer: Answer, known: KnownPii, *, is_dense: bool) -> Answer:
        if isinstance(answer, bool | None):
            return answer
        redacted = [self._redact(part, known, is_dense=is_dense) for part in _texts(answer)]
        if isinstance(answer, list):
            return redacted
        if isinstance(answer, str):
            return redacted[0]
        return answer if redacted == [str(answer)] else REMOVED

    def _private_phones(self, text: str) -> Iterator[Span]:
        """Yield the telephone numbers that are not public; parts of public ones do not count."""
        public = []
        if may_contain_phone(text):
            for start, end, number in phones_in(text, self.region):
                if number in self.public_numbers:
                    public.append((start, end))
                else:
                    yield start, end
        elif not may_contain_lettered_phone(text):
            return
        for start, end in odd_phones_in(text, self.region):
            if not any(start < other_end and other < end for other, other_end in public):
                yield start, end


def _texts(answer: Answer) -> list[str]:
    if isinstance(answer, bool | None):
        return []
    return answer if isinstance(answer, list) else [str(answer)]


def _has_many_digits(texts: Sequence[str]) -> bool:
    if sum(map(len, texts)) <= _MAX_DIGITS:
        return False
    return sum(len(_DIGIT.findall(text)) for text in texts) > _MAX_DIGITS


def _remove_spans(text: str, spans: Collection[Span]) -> str:
    if not spans:
        return text
    pieces, copied_to = [], 0
    for start, end in merged(spans):
        pieces += [text[copied_to:start], REMOVED]
        copied_to = end
    return "".join([*pieces, text[copied_to:]])


def _known_in(reading: Reading, known: KnownPii) -> Iterator[Span]:
    text = reading.text
    if known.name:
        yield from map(reading.written, own_names_in(text, known.name))
    if known.email and "@" in known.email:
        yield from map(reading.written, _own_email_in(text, known.email))
    if known.digits and may_contain_phone(text):
        yield from map(reading.written, _own_phone_in(text, known.digits))


def _own_email_in(text: str, email: str) -> Iterator[Span]:
    name, _, domain = email.partition("@")
    if len(email) > MAX_QUOTED or not name or not domain:
        written = re.escape(email)
    elif name.casefold() not in text.casefold():
        return
    else:
        host, *rest = domain.split(".")
        rest_written = "".join(rf"(?:\W{{1,3}}(?:dot\W)?{re.escape(label)})?" for label in rest)
        written = (
            rf"(?<!\w){re.escape(name)}\s{{0,3}}(?:@|\W?(?:at|arroba)\W?)\s{{0,3}}"
            rf"{re.escape(host)}{rest_written}(?!\w)"
        )
    for match in re.finditer(written, text, flags=re.IGNORECASE):
        yield match.span()


def _own_phone_in(text: str, digits: str) -> Iterator[Span]:
    if digits[-_MIN_DIGITS:] not in _NOT_A_DIGIT.sub("", text):
        return
    written = _SEPARATORS.join(digits)
    whole = rf"(?:\+?\d{{1,3}}{_SEPARATORS})?{written}"
    local = _SEPARATORS.join(digits[-_MIN_DIGITS:])
    for match in re.finditer(rf"(?<!\d)(?:{whole}|{local})(?!\d)", text):
        yield match.span()

"""Telephone numbers: parsing of a field, and detection in free text."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import phonenumbers
from phonenumbers import (
    Leniency,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberMatcher,
)

from shared.redaction.reading import Span

_E164_NANP = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}", re.ASCII)
_SEVEN_DIGITS = re.compile(r"[0-9](?:(?:[^\w\n]|_){0,3}[0-9]){6}")
# Part of every whole number that is written in North America: ten digits as they are grouped there,
# or a prefix for calls abroad.
_WHOLE_NUMBER = re.compile(r"[2-9]\d\d\D{0,4}[2-9]\d\d\D{0,4}\d{4}|[+\uff0b]\D{0,4}\d|011\D{0,4}\d")
_REFERENCE_LABEL = re.compile(
    r"\b(?:permit|plate|license|licence|case|ticket|order|invoice|account|serial|lot|pole|meter|sn|model|part|ref"
    r"|permiso|placa|caso|folio|orden|factura|cuenta|serie)\b"
    r"(?:\W{0,3}(?:number|num|no|nr|id|número|numero|n[º°]))?\W{0,3}$",
    re.IGNORECASE,
)
_LABEL_MAX_LENGTH = 40
_NANP_COUNTRY_CODE = 1
_MIN_NANP_NUMBER = 2_000_000_000


def e164(text: str, region: str) -> str | None:
    """Return a telephone number in E.164 form, or None when the text is not a possible number.

    Args:
        region: The country, ISO 3166-1 alpha-2, whose national format applies without ``+``.
    """
    if _E164_NANP.fullmatch(text):
        return text
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def may_contain_phone(text: str) -> bool:
    """Return True when seven ASCII digits are close together: a cheap pre-check."""
    return _SEVEN_DIGITS.search(text) is not None


def may_contain_lettered_phone(text: str) -> bool:
    """Return True when a text has a number with letters for some of its digits."""
    return _LETTERED_HINT.search(text) is not None and _LETTERED.search(text) is not None


def phones_in(text: str, region: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and E.164 form of each whole telephone number in a text, from the left.

    Short numbers such as 911 do not count, nor do digits in one piece after a label such as
    "permit".
    """
    if _dials_like_nanp(region) and not _WHOLE_NUMBER.search(text):
        return
    matches = PhoneNumberMatcher(
        text,
        region,
        leniency=Leniency.STRICT_GROUPING,
        min_candidate_length=_LOCAL_DIGITS,
    )
    for match in matches:
        if not _lacks_area_code(match.number) and not (
            match.raw_string.isdigit() and is_reference(text, match.start)
        ):
            number = phonenumbers.format_number(match.number, PhoneNumberFormat.E164)
            yield match.start, match.end, number


@cache
def _dials_like_nanp(region: str) -> bool:
    """Return True where every national number has the ten digits of North America."""
    return phonenumbers.country_code_for_region(region) == _NANP_COUNTRY_CODE


def is_reference(text: str, start: int) -> bool:
    """Return True when a label such as "permit no." stands right before a position."""
    return _REFERENCE_LABEL.search(text, max(0, start - _LABEL_MAX_LENGTH), start) is not None


def _lacks_area_code(number: PhoneNumber) -> bool:
    """Return True for a short number of North America; ``1310-1314`` parses as one."""
    return (
        number.country_code == _NANP_COUNTRY_CODE
        and (number.national_number or 0) < _MIN_NANP_NUMBER
    )


def odd_phones_in(text: str, region: str) -> Iterator[Span]:
    """Yield the parts of a plain reading that are unusual forms, or parts, of phone numbers.

    These are numbers with odd separators or letters for digits, digits one by one, seven digits
    without area code, numbers with the prefix 00, and any number after a word such as "call". A
    number without separators counts only after such a word.
    """
    if not may_contain_phone(text) and not may_contain_lettered_phone(text):
        return
    yield from (match.span() for match in _GROUPED.finditer(text))
    yield from (match.span() for match in _LETTERED.finditer(text))
    yield from (match.span() for match in _SINGLES.finditer(text) if _is_number(match.group()))
    yield from (match.span() for match in _LOCAL.finditer(text) if _is_local(text, match))
    yield from _from_abroad(text, region)
    for match in _AFTER_CUE.finditer(text):
        if not _REFERENCE_WORD.search(match[1]) and not _OTHER_NUMBER.match(match[2]):
            yield match.span(2)


def _is_local(text: str, match: re.Match[str]) -> bool:
    is_range = match.group()[2] == match.group()[-1] == "0"  # as in "400-1200"
    return not is_range and not is_reference(text, match.start())


def _from_abroad(text: str, region: str) -> Iterator[Span]:
    for match in _PLUS.finditer(text):
        if not _OTHER_NUMBER.match(match.group()[1:]):
            yield match.span()
    for match in _FOREIGN.finditer(text):
        if e164(f"+{match[1]}", region) and not is_reference(text, match.start()):
            yield match.span()


def spoken_phones_in(text: str) -> Iterator[Span]:
    """Yield the parts of a text with seven digits or more, at least three of them in words."""
    all_words = text.casefold().replace(",", " ").replace(".", " ").replace("-", " ").split()
    if sum(map(_SPOKEN_DIGIT.__contains__, all_words)) < _MIN_SPOKEN:
        return
    for match in _SPOKEN.finditer(text):
        said = [word for word in _BETWEEN.split(match.group().casefold()) if word]
        digits = "".join(word if word.isdigit() else str(_SPOKEN_DIGIT[word]) for word in said)
        words = sum(not word.isdigit() for word in said)
        if words >= _MIN_SPOKEN and len(digits) >= _LOCAL_DIGITS and not _is_counting(digits):
            yield match.span()


_LOCAL_DIGITS = 7
_MIN_SPOKEN = 3
_SEP = r"[\s._/~*|-]{1,3}"
_MAYBE = r"[\s._/~*|-]{0,3}"
_GROUPED = re.compile(
    rf"(?<![\w.#/$-])(?:\+?1{_MAYBE})?\(?[2-9]\d\d(?:\s?\){_MAYBE}|{_SEP})[2-9]\d\d{_MAYBE}\d{{4}}"
    r"(?![\w-]|[./]\d)"
)
_LETTERED = re.compile(
    rf"(?<![\w.#/$-])[2-9](?=[\w\s.()_-]{{0,14}}[OoIl])[\dOoIl]{{2}}{_SEP}[2-9][\dOoIl]{{2}}{_SEP}"
    r"(?=[OoIl]{0,3}\d)[\dOoIl]{4}(?![\w-]|[./]\d)"
)
_LETTERED_HINT = re.compile(rf"[2-9][\dOoIl]{{2}}{_SEP}[2-9]")
_SINGLES = re.compile(r"(?<![\w.,-])\+?\d(?>(?:[\s._-]{1,3}\d){6,14})(?!\w|[.,]\d)")
_LOCAL = re.compile(
    r"(?<![\w#/.,:+$-])(?<![\d)][ -])[2-9]\d\d[-. ]\d{4}(?!\w|-\w|[./:,]\d)"
    r"(?!\s{0,2}(?:\+|'|\"|x\b|to\b|feet|foot|ft|yards?|miles?|people|gal|blocks?|lbs?|pounds|sq\b"
    r"|hours?|cars|dollars|block\b|mg\b|units?\b|metros|personas|euros))",
    re.IGNORECASE,
)
_PLUS = re.compile(r"(?<![\w+])\+\d(?>(?:[\s.()/-]{0,3}\d){7,14})(?!\w)")
_FOREIGN = re.compile(r"(?<![\w.,-])00[\s-]?([1-9]\d(?>(?:[\s./-]{0,3}\d){8,12}))(?![\w-])")
_CUES = (
    r"call(?:ed|ing)?|text|phone|tel|telephone|cell|mobile|reach(?:ed)?|my number|whats ?app|sms"
    r"|dial|ring|contact|complaints? to|ll[aá]m[ea]\w{0,4}|llamar|tel[eé]fono|celular|m[oó]vil"
    r"|mi n[uú]mero|contacto"
)
_AFTER_CUE = re.compile(
    rf"\b(?:{_CUES})\b([^\d\n\[]{{1,24}}?)(\+?\d(?>(?:[\s.()_-]{{0,3}}\d){{6,14}}))(?![\w-]|[.,:/]\d)",
    re.IGNORECASE,
)
_REFERENCE_WORD = re.compile(
    r"\b(?:permit|plate|license|licence|case|ticket|order|invoice|account|serial|stop|pole|meter"
    r"|permiso|placa|caso|folio|orden|factura|cuenta|serie)\b|[#$]",
    re.IGNORECASE,
)
_OTHER_NUMBER = re.compile(
    r"\d{1,2}[-.]\d{1,2}[-.](?:19|20)\d\d|(?:19|20)\d\d[-.]\d\d[-.]\d\d"  # dates
    r"|\d{1,3}\.\d{4,}$|\d{4}\s?-\s?\d{4}$|\d{5}-\d{4}$"  # coordinates, house numbers, ZIP codes
)
_SPOKEN_DIGIT = {
    word: digit
    for digit, words in enumerate(
        (
            "zero oh o cero",
            "one uno",
            "two dos",
            "three tres",
            "four cuatro",
            "five cinco",
            "six seis",
            "seven siete",
            "eight ocho",
            "nine nueve",
        )
    )
    for word in words.split()
}
_SAID = rf"(?:{'|'.join(sorted(_SPOKEN_DIGIT, key=len, reverse=True))}|\d{{1,4}})"
_BETWEEN = re.compile(r"[\s,.-]+")
_SPOKEN = re.compile(
    rf"(?<![\w-]){_SAID}(?>(?:[\s,.-]{{1,3}}{_SAID}){{3,14}})(?![\w-])", re.IGNORECASE
)


def _is_number(written: str) -> bool:
    """Return True when single digits make a telephone number, not a mere count."""
    digits = re.sub(r"\D", "", written)
    if len(digits) == _LOCAL_DIGITS:
        return digits[0] not in "01" and not _is_counting(digits)
    return not _is_counting(digits)


def _is_counting(digits: str) -> bool:
    steps = {int(after) - int(before) for before, after in pairwise(digits)}
    return steps in ({0}, {1}, {-1})

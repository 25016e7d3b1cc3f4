"""Telephone numbers: in a field of their own, and in what people write."""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import (
    Leniency,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberMatcher,
)

_WRITTEN_AS_WE_DO = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}", re.ASCII)
_ENOUGH_DIGITS = re.compile(r"\d(?:[^\w\n]{0,3}\d){6}")
_NAMES_A_THING = re.compile(
    r"\b(?:permit|plate|license|licence|case|ticket|order|invoice|account|serial"
    r"|permiso|placa|caso|folio|orden|factura|cuenta|serie)\b"
    r"(?:\W{0,3}(?:number|num|no|nr|id|número|numero|n[º°]))?\W{0,3}$",
    re.IGNORECASE,
)
_LOCAL = re.compile(
    r"\b(?:call|text|phone|tel|telephone|cell|mobile|reach|my number"
    r"|llame|llamen|llámeme|llamar|teléfono|telefono|celular|mi n[uú]mero)\b"
    r"[^\d\n]{1,24}?(\d{3}[ .-]\d{4})(?![\w-])",
    re.IGNORECASE,
)
_LOOK_BACK = 40
_NORTH_AMERICA = 1
_LEAST_IN_FULL = 2_000_000_000


def e164(text: str, region: str) -> str | None:
    """Return a number in E.164 form, or None for what can be no number.

    Args:
        text: The number and nothing else, however it is written.
        region: The country, ISO 3166-1 alpha-2, in whose way it is written without ``+``.
    """
    if _WRITTEN_AS_WE_DO.fullmatch(text):
        return text
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def may_hold_phone(text: str) -> bool:
    """Say quickly whether a text has as many digits near each other as the shortest number."""
    return _ENOUGH_DIGITS.search(text) is not None


def phones_in(text: str, region: str) -> Iterator[tuple[int, int, str | None]]:
    """Yield start, end and E.164 form of each telephone number in a text, from the left.

    Short numbers such as 911, and digits in one piece after a word such as "permit" are
    none. A number without area code is one only after a word such as "call"; its form is None.
    """
    end = 0
    for match in PhoneNumberMatcher(text, region, leniency=Leniency.STRICT_GROUPING):
        if _lacks_area_code(match.number) or _is_a_thing(text, match.start, match.raw_string):
            continue
        yield from _local(text, end, match.start)
        number = phonenumbers.format_number(match.number, PhoneNumberFormat.E164)
        yield match.start, match.end, number
        end = match.end
    yield from _local(text, end, len(text))


def _lacks_area_code(number: PhoneNumber) -> bool:
    """Say whether it is one of the few short numbers of North America; ``1310-1314`` looks so."""
    return number.country_code == _NORTH_AMERICA and (number.national_number or 0) < _LEAST_IN_FULL


def _is_a_thing(text: str, start: int, written: str) -> bool:
    before = text[max(0, start - _LOOK_BACK) : start]
    return written.isdigit() and _NAMES_A_THING.search(before) is not None


def _local(text: str, start: int, end: int) -> Iterator[tuple[int, int, None]]:
    for match in _LOCAL.finditer(text, start, end):
        yield match.start(1), match.end(1), None

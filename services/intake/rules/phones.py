"""Telephone numbers: parsing of a field, and detection in free text."""

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

_E164_NANP = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}", re.ASCII)
_SEVEN_DIGITS = re.compile(r"\d(?:[^\w\n]{0,3}\d){6}")
_REFERENCE_LABEL = re.compile(
    r"\b(?:permit|plate|license|licence|case|ticket|order|invoice|account|serial"
    r"|permiso|placa|caso|folio|orden|factura|cuenta|serie)\b"
    r"(?:\W{0,3}(?:number|num|no|nr|id|número|numero|n[º°]))?\W{0,3}$",
    re.IGNORECASE,
)
_LOCAL_NUMBER = re.compile(
    r"\b(?:call|text|phone|tel|telephone|cell|mobile|reach|my number"
    r"|llame|llamen|llámeme|llamar|teléfono|telefono|celular|mi n[uú]mero)\b"
    r"[^\d\n]{1,24}?(\d{3}[ .-]\d{4})(?![\w-])",
    re.IGNORECASE,
)
_LABEL_MAX_LENGTH = 40
_NANP_COUNTRY_CODE = 1
_MIN_NANP_NUMBER = 2_000_000_000


def e164(text: str, region: str) -> str | None:
    """Return a telephone number in E.164 form, or None when the text is not a possible number.

    Args:
        text: The number and nothing else, in any format.
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
    """Return True when seven digits stand near each other: a cheap test before ``phones_in``."""
    return _SEVEN_DIGITS.search(text) is not None


def phones_in(text: str, region: str) -> Iterator[tuple[int, int, str | None]]:
    """Yield start, end and E.164 form of each telephone number in a text, from the left.

    Short numbers such as 911 do not count, nor do digits in one piece after a label such as
    "permit". A number without area code counts only after a word such as "call"; its E.164 form
    is None.
    """
    end = 0
    for match in PhoneNumberMatcher(text, region, leniency=Leniency.STRICT_GROUPING):
        if _lacks_area_code(match.number) or _is_reference(text, match.start, match.raw_string):
            continue
        yield from _local_numbers(text, end, match.start)
        number = phonenumbers.format_number(match.number, PhoneNumberFormat.E164)
        yield match.start, match.end, number
        end = match.end
    yield from _local_numbers(text, end, len(text))


def _lacks_area_code(number: PhoneNumber) -> bool:
    """Return True for a short number of North America; ``1310-1314`` parses as one."""
    return (
        number.country_code == _NANP_COUNTRY_CODE
        and (number.national_number or 0) < _MIN_NANP_NUMBER
    )


def _is_reference(text: str, start: int, written: str) -> bool:
    before = text[max(0, start - _LABEL_MAX_LENGTH) : start]
    return written.isdigit() and _REFERENCE_LABEL.search(before) is not None


def _local_numbers(text: str, start: int, end: int) -> Iterator[tuple[int, int, None]]:
    for match in _LOCAL_NUMBER.finditer(text, start, end):
        yield match.start(1), match.end(1), None

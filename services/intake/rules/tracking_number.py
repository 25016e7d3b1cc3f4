"""Tracking numbers: short, checked, and readable over the phone.

``YY-XXXX-XC`` is the year, a serial number in scattered order, and a check symbol.
"""

from collections.abc import Iterable

ALPHABET = "0123456789ACDEFHJKMNPQRTUVWXY"
"""Digits, and the capital letters that do not look like one."""

BASE = len(ALPHABET)  # a prime, without which the check symbol would miss some typos
MIN_SERIAL_SYMBOLS = 5
_MAX_SERIAL_SYMBOLS = 20
_YEAR_DIGITS = 2
_STEP = 7_368_787  # a prime and no multiple of 29, so that the scattering is a permutation
_START = 11_111_111
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_READ_AS = str.maketrans(
    {"B": "8", "G": "6", "I": "1", "L": "1", "O": "0", "S": "5", "Z": "2"}
    | dict.fromkeys(" \t-\u2010\u2011\u2012\u2013\u2014\u2212")
)


def tracking_number(serial: int, year: int) -> str:
    """Return the tracking number of a serial number (from 0) in a year; unique per serial.

    The serial part has five symbols, and one more each time that all numbers of its length are
    used up.
    """
    symbols = f"{year % 100:02}{_scatter(serial)}"
    return _format(symbols + _check_symbol(symbols))


def read_tracking_number(text: str) -> str | None:
    """Return a typed tracking number in its canonical form, or None when it is mistyped.

    Case, blanks and dashes are ignored; a letter outside the alphabet is read as the digit that it
    looks like. One wrong symbol and two swapped neighbours are always detected.
    """
    symbols = text.strip().upper().translate(_READ_AS)
    length = len(symbols) - _YEAR_DIGITS - 1
    if not MIN_SERIAL_SYMBOLS <= length <= _MAX_SERIAL_SYMBOLS or not set(symbols) <= _VALUE.keys():
        return None
    return _format(symbols) if _checksum(_values(symbols), 1) == 0 else None


def _scatter(serial: int) -> str:
    length, capacity = MIN_SERIAL_SYMBOLS, BASE**MIN_SERIAL_SYMBOLS
    while serial >= capacity:
        serial -= capacity
        length, capacity = length + 1, capacity * BASE
    scattered = (serial * _STEP + _START) % capacity
    return "".join(ALPHABET[scattered // BASE**digit % BASE] for digit in reversed(range(length)))


def _check_symbol(symbols: str) -> str:
    return ALPHABET[-_checksum(_values(symbols), 2) % BASE]


def _values(symbols: str) -> list[int]:
    return [_VALUE[symbol] for symbol in symbols]


def _checksum(values: Iterable[int], lowest_weight: int) -> int:
    """Return the weighted sum mod 29; weights grow from the right, all different and none 0."""
    return sum(v * weight for weight, v in enumerate(reversed(list(values)), lowest_weight)) % BASE


def _format(symbols: str) -> str:
    return f"{symbols[:2]}-{symbols[2:6]}-{symbols[6:]}"

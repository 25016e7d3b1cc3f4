"""The number by which a person finds a request again, also over the phone.

``YY-XXXX-XC`` is the year, a serial number in scattered order, and a check character.
"""

from collections.abc import Iterable

ALPHABET = "0123456789ACDEFHJKMNPQRTUVWXY"
"""Digits, and the capitals that nobody mistakes for one."""

BASE = len(ALPHABET)  # a prime, without which the check would miss some slips
SHORTEST = 5
_LONGEST = 20
_YEAR_DIGITS = 2
_STEP = 7_368_787  # a prime and no multiple of 29, so that each serial number is hit once
_START = 11_111_111
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_READ_AS = str.maketrans(
    {"B": "8", "G": "6", "I": "1", "L": "1", "O": "0", "S": "5", "Z": "2"}
    | dict.fromkeys(" \t-\u2010\u2011\u2012\u2013\u2014\u2212")
)


def tracking_number(serial: int, year: int) -> str:
    """Return the number of the ``serial``-th request, counted from 0, made in ``year``.

    Different serials give different numbers. The serial part has five symbols, and one more each
    time that those of its length are used up.
    """
    symbols = f"{year % 100:02}{_scattered(serial)}"
    return _grouped(symbols + _check_symbol(symbols))


def read_tracking_number(text: str) -> str | None:
    """Return the number that a person typed, as we write it, or None when it is mistyped.

    Case, blanks and dashes do not matter, and a letter that we never use is read as the digit it
    looks like. One wrong symbol, or two neighbours swapped, is always found out.
    """
    symbols = text.strip().upper().translate(_READ_AS)
    length = len(symbols) - _YEAR_DIGITS - 1
    if not SHORTEST <= length <= _LONGEST or not all(symbol in _VALUE for symbol in symbols):
        return None
    return _grouped(symbols) if _weighted(_values(symbols), 1) == 0 else None


def _scattered(serial: int) -> str:
    length, room = SHORTEST, BASE**SHORTEST
    while serial >= room:
        serial -= room
        length, room = length + 1, room * BASE
    scattered = (serial * _STEP + _START) % room
    return "".join(ALPHABET[scattered // BASE**place % BASE] for place in reversed(range(length)))


def _check_symbol(symbols: str) -> str:
    return ALPHABET[-_weighted(_values(symbols), 2) % BASE]


def _values(symbols: str) -> list[int]:
    return [_VALUE[symbol] for symbol in symbols]


def _weighted(values: Iterable[int], lightest: int) -> int:
    """Sum with weights that grow from the right; each symbol has its own, none is zero mod 29."""
    return sum(v * weight for weight, v in enumerate(reversed(list(values)), lightest)) % BASE


def _grouped(symbols: str) -> str:
    return f"{symbols[:2]}-{symbols[2:6]}-{symbols[6:]}"

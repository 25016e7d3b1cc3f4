"""Tracking numbers: short, checked, readable over the phone, and not to be guessed.

``YY-XXXX-XXXXXC`` is the year, a random serial number and a check symbol. Numbers of the form
``YY-XXXX-XC``, whose serial numbers were counted, were given before and stay valid.
"""

from collections.abc import Sequence

ALPHABET = "0123456789ACDEFHJKMNPQRTUVWXY"
"""Digits, and the capital letters that do not look like one."""

BASE = len(ALPHABET)  # a prime, without which the check symbol would miss some typos
SERIAL_SYMBOLS = 9
CAPACITY = BASE**SERIAL_SYMBOLS
"""Numbers of one year, 1.45e13: where a million are in use, one guess in 14 million meets one."""

_PLACE_VALUES = tuple(BASE**place for place in reversed(range(SERIAL_SYMBOLS)))
_MIN_SERIAL_SYMBOLS = 5  # of the numbers that were given before
_MAX_SERIAL_SYMBOLS = 20
_YEAR_DIGITS = 2
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_READ_AS = str.maketrans(
    {"B": "8", "G": "6", "I": "1", "L": "1", "O": "0", "S": "5", "Z": "2"}
    | dict.fromkeys(" \t-\u2010\u2011\u2012\u2013\u2014\u2212")
)


def tracking_number(serial: int, year: int) -> str:
    """Return the tracking number of a serial number, 0 to ``CAPACITY``, in a year."""
    symbols = "".join([ALPHABET[serial // value % BASE] for value in _PLACE_VALUES])
    symbols = f"{year % 100:02}{symbols}"
    return _format(symbols + _check_symbol(symbols))


def read_tracking_number(text: str) -> str | None:
    """Return a typed tracking number in its canonical form, or None when it is mistyped.

    Case, blanks and dashes are ignored; a letter outside the alphabet is read as the digit that it
    looks like. One wrong symbol and two swapped neighbours are always detected.
    """
    symbols = text.strip().upper().translate(_READ_AS)
    length = len(symbols) - _YEAR_DIGITS - 1
    if (
        not _MIN_SERIAL_SYMBOLS <= length <= _MAX_SERIAL_SYMBOLS
        or not set(symbols) <= _VALUE.keys()
    ):
        return None
    return _format(symbols) if _checksum(_values(symbols), 1) == 0 else None


def _check_symbol(symbols: str) -> str:
    return ALPHABET[-_checksum(_values(symbols), 2) % BASE]


def _values(symbols: str) -> list[int]:
    return [_VALUE[symbol] for symbol in symbols]


def _checksum(values: Sequence[int], lowest_weight: int) -> int:
    """Return the weighted sum mod 29; weights grow from the right, all different and none 0."""
    return sum([v * weight for weight, v in enumerate(reversed(values), lowest_weight)]) % BASE


def _format(symbols: str) -> str:
    return f"{symbols[:2]}-{symbols[2:6]}-{symbols[6:]}"

"""Identifiers of requests and people: tracking numbers, public ids, idempotency keys, keyed hashes.

A tracking number ``YY-XXXX-XXXXXC`` is the year, a random serial number and a check symbol: short,
readable over the phone, and the secret of the reporter. Numbers of the form ``YY-XXXX-XC``, whose
serial numbers were counted, were given before and stay valid.

A public id ``req_XXXXXXXXX`` names a request to the public in Open311 and open data. It is random
and independent of the tracking number: it opens no page and takes no note. Neither is ever read as
the other, since no tracking number has an underscore.
"""

import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias
from uuid import UUID

from shared.email_address import normalize_email
from shared.redaction import REMOVED, e164

# Digits, and the capital letters that do not look like one.
ALPHABET = "0123456789ACDEFHJKMNPQRTUVWXY"
BASE = len(ALPHABET)  # a prime, without which the check symbol would miss some typos
SERIAL_SYMBOLS = 9
# Numbers of one year, 1.45e13: where a million are in use, one guess in 14 million meets one.
CAPACITY = BASE**SERIAL_SYMBOLS

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
    return _format(symbols + ALPHABET[-_checksum(symbols, 2) % BASE])


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
    return _format(symbols) if _checksum(symbols, 1) == 0 else None


# The last part of a UUID is none, such as of a work order that another system quotes.
_NO_PART = r"(?<!\w)(?<![0-9A-Fa-f]{4}-)"
_CANDIDATE = re.compile(rf"{_NO_PART}\d{{2}}[ -]?\w{{4}}[ -]?\w{{2,16}}(?!\w)", re.ASCII)
_MAX_CANDIDATES = 5
_AS_GIVEN = re.compile(rf"{_NO_PART}\d{{2}}(-?)\w{{4}}\1\w{{6}}(?!\w)", re.ASCII)


def numbers_in(text: str) -> Iterator[str]:
    """Yield the tracking numbers of a text in canonical form, with or without hyphens.

    A word may be one by chance, one in 29 of the right form: look it up.
    """
    for count, candidate in enumerate(_CANDIDATE.finditer(text)):
        if count == _MAX_CANDIDATES:
            return
        if number := read_tracking_number(candidate[0]):
            yield number


def without_numbers(text: str) -> str:
    """Remove quoted tracking numbers from a text for the public."""
    return _AS_GIVEN.sub(
        lambda found: REMOVED if read_tracking_number(found[0]) else found[0], text
    )


def _checksum(symbols: str, lowest_weight: int) -> int:
    """Return the weighted sum mod 29; weights grow from the right, all different and none 0."""
    weighted = enumerate(reversed(symbols), lowest_weight)
    return sum([_VALUE[symbol] * weight for weight, symbol in weighted]) % BASE


def _format(symbols: str) -> str:
    return f"{symbols[:2]}-{symbols[2:6]}-{symbols[6:]}"


_PUBLIC_PREFIX = "req_"
_PUBLIC_SYMBOLS = ALPHABET.lower()
_PUBLIC_FORM = re.compile(f"{_PUBLIC_PREFIX}[{_PUBLIC_SYMBOLS}]{{{SERIAL_SYMBOLS}}}")


def public_id(serial: int) -> str:
    """Return the public id of a serial number, 0 to ``CAPACITY``."""
    places = range(SERIAL_SYMBOLS)
    symbols = [_PUBLIC_SYMBOLS[serial // BASE**place % BASE] for place in places]
    return _PUBLIC_PREFIX + "".join(symbols)


def read_public_id(text: str) -> str | None:
    """Return a public id in its canonical form, in lower case; None for anything else."""
    known = text.strip().lower()
    return known if _PUBLIC_FORM.fullmatch(known) else None


# Idempotency key and payload hash; equal for a submission and its repeats.
SubmissionKey: TypeAlias = tuple[bytes, bytes]

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


def idempotency_key(source: str, submission_id: str) -> bytes:
    """Return 32 bytes that identify a submission by its source and id, whatever their length."""
    return sha256(f"{len(source)} {source} {submission_id}".encode()).digest()


def payload_hash(data: object) -> bytes:
    """Return 32 bytes that are the same for equal JSON data, whatever the order of the fields."""
    return sha256(_canonical(data).encode()).digest()


# Replaces what is no UUID: free text may hold anything, such as contact data.
UNREADABLE = "unreadable"


def followed_case(text: str | None) -> str | None:
    """Return the id of a case in its usual form, or None for a blank text."""
    if text is None or not text.strip():
        return None
    try:
        return str(UUID(text.strip()))
    except ValueError:
        return UNREADABLE


_REFERENCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class ContactChannels:
    """The usable contact data of a reporter: address as written, number in E.164."""

    email: str | None
    phone: str | None
    unusable: bool = False


def contact_channels(email: str | None, phone: str | None, region: str) -> ContactChannels:
    """Return the usable part of a reporter's contact data."""
    usable_email = email if normalize_email(email) else None
    usable_phone = e164(phone, region) if phone else None
    unusable = (email is not None and usable_email is None) or (
        phone is not None and usable_phone is None
    )
    return ContactChannels(usable_email, usable_phone, unusable)


def reporter_ref(
    key: bytes, source: str, account_id: str | None, reached: ContactChannels
) -> str | None:
    """Return the first of ``reporter_refs``, or None for an anonymous person."""
    return next(reporter_refs(key, source, account_id, reached), None)


def reporter_refs(
    key: bytes, source: str, account_id: str | None, reached: ContactChannels
) -> Iterator[str]:
    """Yield a keyed hash of each thing that identifies a person, 32 hex digits each.

    Account (unique within its source), address and phone number, in this order of precedence.
    Without the secret ``key`` a hash cannot be traced back to a person.
    """
    if account_id:
        yield _reference(key, f"account {len(source)} {source} {account_id}")
    if reached.email:
        yield email_ref(key, reached.email)
    if reached.phone:
        yield phone_ref(key, reached.phone)


def email_ref(key: bytes, email: str) -> str:
    """Return the keyed hash of an address in any case, 32 hex digits."""
    return _reference(key, f"email {email.casefold()}")


def phone_ref(key: bytes, phone: str) -> str:
    """Return the keyed hash of a number in E.164, 32 hex digits."""
    return _reference(key, f"phone {phone}")


def _reference(key: bytes, identity: str) -> str:
    return hmac.digest(key, identity.encode(), "sha256")[:_REFERENCE_BYTES].hex()

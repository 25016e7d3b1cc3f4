"""Whether contact data show where they must not: compared by hash, never kept."""

import re
from collections.abc import Iterator

from cli.check.facts.events import digest
from shared.contract.events import Contact

_MAIL = re.compile(rb"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+[A-Za-z0-9]")
_PHONE = re.compile(rb"\+[1-9][0-9]{7,14}")  # E.164


def hashes_of(contact: Contact) -> Iterator[bytes | None]:
    """Yield a hash for each way in which the person can be reached."""
    for value in (contact.email, contact.phone):
        if value:
            yield digest(value.strip().lower().encode())


def hashes_in(value: bytes) -> Iterator[bytes | None]:
    """Yield a hash for each thing in the bytes that looks like an address or a number."""
    if b"@" in value:
        for found in _MAIL.findall(value):
            yield digest(found.lower())
    if b"+" in value:
        for found in _PHONE.findall(value):
            yield digest(found)

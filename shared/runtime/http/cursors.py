"""Cursors: opaque positions in a list."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Literal, TypeAlias

CursorList: TypeAlias = Literal["events", "deliveries", "cases", "surges"]

_MAX_NUMBER: Mapping[CursorList, int] = {
    "events": 2**63 - 1,
    "deliveries": 2**63 - 1,
    "cases": 2**128 - 1,
    "surges": 2**63 - 1,
}


def encode_cursor(of: CursorList, bureau: str, number: int) -> str:
    """Return the cursor after an entry.

    Args:
        of: The list.
        bureau: Code of the bureau that the list is about.
        number: Number of the entry.
    """
    return urlsafe_b64encode(f"{of}:{bureau}:{number}".encode()).decode().rstrip("=")


def decode_cursor(of: CursorList, bureau: str, cursor: str) -> int | None:
    """Return the number of an entry; None where the cursor is not one of this list and bureau.

    Args:
        of: The list.
        bureau: Code of the bureau that the list is about.
        cursor: Any text.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        number = int(urlsafe_b64decode(padded).decode("ascii").rpartition(":")[2])
    except ValueError:
        return None
    is_known = 0 <= number <= _MAX_NUMBER[of] and encode_cursor(of, bureau, number) == cursor
    return number if is_known else None

"""Cursors: opaque positions in a list of one bureau."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Literal, TypeAlias

CursorList: TypeAlias = Literal["events", "deliveries", "surges"]

_MAX_NUMBER = 2**63 - 1


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
        number = urlsafe_b64decode(padded).decode("ascii").rpartition(":")[2]
    except ValueError:
        return None
    if not number.isdigit() or int(number) > _MAX_NUMBER:
        return None
    return int(number) if encode_cursor(of, bureau, int(number)) == cursor else None

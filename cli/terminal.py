"""Text from and to a terminal: times as options, and untrusted bytes made printable."""

import re
from datetime import UTC, datetime, timedelta

import typer

_AGO = re.compile(r"(\d{1,6})\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_moment(text: str, now: datetime) -> datetime:
    """Parse ``90s``, ``30m``, ``6h`` or ``2d`` ago, or an RFC 3339 time.

    Raises:
        typer.BadParameter: It is neither, or has no offset from UTC.
    """
    if found := _AGO.fullmatch(text.strip()):
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write 30m, 6h, 2d, or a moment as 2026-11-24T08:00Z") from None
    if at.tzinfo is None:
        raise typer.BadParameter("say the offset from UTC too, as in 2026-11-24T08:00Z")
    return at.astimezone(UTC)


def parse_duration(text: str) -> timedelta:
    """Parse a length of time: ``90s``, ``30m``, ``6h`` or ``90d``.

    Raises:
        typer.BadParameter: It is none.
    """
    if found := _AGO.fullmatch(text.strip()):
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    raise typer.BadParameter("write 30m, 6h or 90d")


def printable(value: bytes | str) -> str:
    """Return text in which every character that is not plainly visible is escaped.

    Among these are control characters, line ends and marks that change the writing direction.
    """
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")

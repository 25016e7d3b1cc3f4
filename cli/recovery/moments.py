"""Moments as people write them on a command line."""

import re
from datetime import UTC, datetime, timedelta

import typer

_AGO = re.compile(r"(\d{1,6})\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(text: str, now: datetime) -> datetime:
    """Return the moment that is meant: ``90s``, ``30m``, ``6h`` or ``2d`` ago, or RFC 3339.

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

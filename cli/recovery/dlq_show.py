"""What ``route311 dlq show`` says of one parked record."""

from base64 import b64encode
from contextlib import aclosing
from typing import Any

from cli.recovery.render import printable
from shared.errors import Route311Error
from shared.runtime.kafka.reader import OffsetRanges
from shared.runtime.recovery.dead_letters import DeadLetter
from shared.runtime.recovery.replay import RecordFilter, ReplayStatus, select_records


class NotParkedError(Route311Error):
    """No parked record is where one was looked for."""

    code = "not_parked"


async def find(bootstrap: str, bounds: OffsetRanges, place: str) -> DeadLetter:
    """Return the parked record that lies at a place, or that lay there before it was parked.

    Raises:
        NotParkedError: There is none, or no more.
    """
    choice = RecordFilter(topic=place.rsplit("/", 2)[0])
    async with aclosing(select_records(bootstrap, choice.select_ranges(bounds), choice)) as records:
        async for parked in records:
            if place in {parked.position, parked.source}:
                return parked
    raise NotParkedError(f"no parked record is, or came from, {printable(place)}")


def details(parked: DeadLetter, standing: ReplayStatus, *, whole: bool) -> dict[str, Any]:
    """Return what is to be shown; key, foreign headers and value only as ``whole``.

    Those come from outside as they are, so contact data may be in them.
    """
    headers = parked.original.headers
    shown: dict[str, Any] = {
        "place": parked.position,
        "source": parked.source,
        "standing": standing,
        "parked_at": parked.parked_at.isoformat(),
        "service": parked.service,
        "code": parked.code,
        "reason": parked.reason,
        "size": parked.size,
        "headers": {name: len(value) for name, value in headers},
    }
    if whole:
        shown["headers"] = {name: value.decode("latin-1") for name, value in headers}
        shown["key"] = parked.original.key.decode("utf-8", "backslashreplace")
        shown["value_base64"] = b64encode(parked.original.value or b"").decode()
    return shown


def lines(parked: DeadLetter, standing: ReplayStatus, *, whole: bool) -> list[str]:
    """Return the same as lines for a terminal, in which nothing is left that steers it."""
    shown = details(parked, standing, whole=whole)
    headers = shown.pop("headers")
    shown.pop("value_base64", None)
    told = [f"{name.replace('_', ' '):<10} {printable(str(said))}" for name, said in shown.items()]
    unit = "" if whole else " bytes"
    told += [
        f"header     {printable(name)}: {printable(str(v))}{unit}" for name, v in headers.items()
    ]
    if whole:
        told.append(f"value      {printable(parked.original.value or b'')}")
    return told

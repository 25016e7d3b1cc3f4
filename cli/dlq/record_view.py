"""``route311 dlq show``: one dead letter with its origin and the reason."""

from base64 import b64encode
from contextlib import aclosing
from typing import Any

from cli.terminal import printable
from shared.errors import Route311Error
from shared.runtime.kafka.reader import OffsetRanges
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.recovery.dead_letters import DeadLetter
from shared.runtime.recovery.replay import RecordFilter, ReplayStatus, select_records


class NotParkedError(Route311Error):
    """No dead letter is at, or came from, the given position."""

    code = "not_parked"


async def find(access: KafkaAccess, bounds: OffsetRanges, position: str) -> DeadLetter:
    """Return the dead letter at a position, or whose original was there; NotParkedError if none."""
    selection = RecordFilter(topic=position.rsplit("/", 2)[0])
    async with aclosing(
        select_records(access, selection.select_ranges(bounds), selection)
    ) as letters:
        async for letter in letters:
            if position in {letter.position, letter.source}:
                return letter
    raise NotParkedError(f"no dead letter is at, or came from, {printable(position)}")


def details(letter: DeadLetter, status: ReplayStatus, *, whole: bool) -> dict[str, Any]:
    """Return a dead letter as a JSON object.

    Args:
        whole: Include key, original headers and value, which may contain contact data; never for
            one that was erased.
    """
    headers = letter.original.headers if status != "erased" else ()
    whole = whole and status != "erased"
    shown: dict[str, Any] = {
        "place": letter.position,
        "source": letter.source,
        "standing": status,
        "parked_at": letter.parked_at.isoformat(),
        "service": letter.service,
        "code": letter.code,
        "reason": letter.reason,
        "size": letter.size,
        "headers": {name: len(value or b"") for name, value in headers},
    }
    if whole:
        shown["headers"] = {
            name: None if value is None else value.decode("latin-1") for name, value in headers
        }
        shown["key"] = letter.original.key.decode("utf-8", "backslashreplace")
        shown["value_base64"] = b64encode(letter.original.value or b"").decode()
    return shown


def lines(letter: DeadLetter, status: ReplayStatus, *, whole: bool) -> list[str]:
    """Return a dead letter as printable lines for a terminal; see ``details``."""
    shown = details(letter, status, whole=whole)
    whole = whole and status != "erased"
    headers = shown.pop("headers")
    shown.pop("value_base64", None)
    unit = "" if whole else " bytes"
    return [
        *(f"{name.replace('_', ' '):<10} {printable(str(value))}" for name, value in shown.items()),
        *(
            f"header     {printable(name)}: {printable(str(value))}{unit}"
            for name, value in headers.items()
        ),
        *([f"value      {printable(letter.original.value or b'')}"] if whole else ()),
    ]

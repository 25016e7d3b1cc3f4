"""Plays an export into the router."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from cli.replay.pace import Pacing
from cli.replay.rows import Row, Sendable, Unsendable
from cli.replay.transports import Transport

_AT_ONCE = 500


@dataclass(slots=True)
class ReplayResult:
    """What was read and sent so far.

    Attributes:
        unmapped: How often each type came for which the catalogue has no kind.
        rejects: Where the rows are that could not be sent, once there is one.
    """

    sent: int = 0
    unsendable: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    rejects: Path | None = None
    finished: bool = False


async def run_replay(
    rows: Iterable[Row], way: Transport, pace: Pacing, rejects: Path, played: ReplayResult
) -> None:
    """Send every row that can be sent, in order; keep the others with their reasons.

    A repeat of an id within the file is sent as well: the router gives its first answer again.
    """
    for chunk in _chunks(iter(rows), 1 if pace.waits else _AT_ONCE):
        sendable = [row for row in chunk if isinstance(row, Sendable)]
        _keep([row for row in chunk if isinstance(row, Unsendable)], rejects, played)
        for row in sendable[:1]:
            await pace.until(_moment(row))
        await way.send([row.event for row in sendable])
        played.sent += len(sendable)
        played.unmapped.update(row.unmapped for row in sendable if row.unmapped)
    played.finished = True


def _chunks(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, size)):
        yield chunk


def _moment(row: Sendable) -> datetime | None:
    try:
        return datetime.fromisoformat(row.event.time)
    except (TypeError, ValueError):
        return None


def _keep(rows: list[Unsendable], path: Path, played: ReplayResult) -> None:
    if not rows:
        return
    played.unsendable += len(rows)
    with path.open("a" if played.rejects else "w") as file:
        for row in rows:
            said = {"line": row.line, "reason": row.reason, "row": row.raw}
            file.write(json.dumps(said, ensure_ascii=False) + "\n")
    played.rejects = path

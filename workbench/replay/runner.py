"""Sending of an export's rows to the router, at a multiple of their own speed."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from workbench.replay.rows import Row, Sendable, Unsendable
from workbench.replay.transports import Transport

_BATCH = 500


class Pacing:
    """Waits so that time passes ``factor`` times as fast as in the export; None never waits."""

    def __init__(self, factor: float | None) -> None:
        self._factor = factor
        self._began: tuple[float, datetime] | None = None

    @property
    def waits(self) -> bool:
        """True when it ever waits."""
        return self._factor is not None

    async def until(self, moment: datetime | None) -> None:
        """Wait until a moment of the export is due; without a moment, return at once."""
        if self._factor is None or moment is None:
            return
        now = asyncio.get_running_loop().time()
        began_at, first = self._began = self._began or (now, moment)
        due_at = began_at + (moment - first).total_seconds() / self._factor
        if due_at > now:
            await asyncio.sleep(due_at - now)


def parse_speed(text: str) -> float | None:
    """Return the factor, or None for ``max``.

    Raises:
        ValueError: It is neither ``max`` nor a number above 0.
    """
    if text == "max":
        return None
    factor = float(text)
    if not factor > 0:
        raise ValueError("not above 0")
    return factor


@dataclass(slots=True)
class SendProgress:
    """Counters of the rows that were read and sent so far.

    Attributes:
        unsendable: Number of rows that cannot be sent.
        unmapped: Number of rows sent as OTHER, by their type that the catalogue lacks.
        rejects: File with the unsendable rows; None while there is none.
        finished: True when the export was read to its end.
    """

    sent: int = 0
    unsendable: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    rejects: Path | None = None
    finished: bool = False


async def send_rows(
    rows: Iterable[Row],
    transport: Transport,
    pacing: Pacing,
    rejects: Path,
    progress: SendProgress,
) -> None:
    """Send every row that can be sent, in order; write the others to a file with their reasons.

    A repeat of an id within the export is sent as well: the router repeats its receipt.

    Args:
        transport: Delivers them to the router.
        rejects: File for the unsendable rows.
    """
    for chunk in _chunks(iter(rows), 1 if pacing.waits else _BATCH):
        sendable = [row for row in chunk if isinstance(row, Sendable)]
        _write_rejects([row for row in chunk if isinstance(row, Unsendable)], rejects, progress)
        for row in sendable[:1]:
            await pacing.until(_moment(row))
        await transport.send([row.event for row in sendable])
        progress.sent += len(sendable)
        progress.unmapped.update(row.unmapped for row in sendable if row.unmapped)
    progress.finished = True


def _chunks(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, size)):
        yield chunk


def _moment(row: Sendable) -> datetime | None:
    try:
        return datetime.fromisoformat(row.event.time)
    except (TypeError, ValueError):
        return None


def _write_rejects(rows: list[Unsendable], path: Path, progress: SendProgress) -> None:
    if not rows:
        return
    progress.unsendable += len(rows)
    with path.open("a" if progress.rejects else "w") as file:
        for row in rows:
            reject = {"line": row.line, "reason": row.reason, "row": row.raw}
            file.write(json.dumps(reject, ensure_ascii=False) + "\n")
    progress.rejects = path

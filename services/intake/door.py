"""Who may come in to hand over a submission, decided before anything is read."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol, TypeAlias

from aiohttp import web

from shared.runtime.metrics import SHED
from shared.runtime.problems import problem
from shared.runtime.shedding import raw

Reason: TypeAlias = Literal["busy", "outbox_full"]


class Room(Protocol):
    """Knows how many callers can be inside."""

    @property
    def most_inside(self) -> int:
        """So many that the last of them does not wait long."""
        ...


_REFUSALS = MappingProxyType(
    {
        "busy": ("2", "More is handed in than can be taken. Hand it in again in a moment."),
        "outbox_full": (
            "30",
            "Too much waits to be passed on, so nothing more is taken. Hand it in again later.",
        ),
    }
)
"""By reason: seconds until a new try makes sense, and what the caller is told."""


@dataclass(slots=True)
class Door:
    """Lets callers in while they can expect an answer soon, and turns away all others at once.

    Attributes:
        pace: How many may be inside.
        outbox_full: Whether nothing more can be kept for Kafka.
    """

    pace: Room
    outbox_full: bool = False
    _inside: int = field(default=0, init=False)

    @property
    def reason(self) -> Reason | None:
        """Why the next caller is not let in, None when they are."""
        if self.outbox_full:
            return "outbox_full"
        return "busy" if self._inside >= self.pace.most_inside else None

    def refusal(self) -> bytes | None:
        """Return the whole answer to the next caller if they are not let in, counted as given."""
        reason = self.reason
        if reason is None:
            return None
        _COUNTS[reason].inc()
        return _RAW[reason]

    @contextmanager
    def let_in(self) -> Generator[Reason | None]:
        """Count one caller as inside; yield the reason if they are not let in."""
        reason = self.reason
        if reason is not None:
            _COUNTS[reason].inc()
            yield reason
            return
        self._inside += 1
        try:
            yield None
        finally:
            self._inside -= 1


def turned_away(reason: Reason) -> web.Response:
    """Return the answer to a caller who is not let in."""
    retry_after_s, detail = _REFUSALS[reason]
    return problem(503, "Not available", detail, headers={"Retry-After": retry_after_s})


_COUNTS = {reason: SHED.labels(reason) for reason in _REFUSALS}
_RAW = {reason: raw(turned_away(reason)) for reason in ("busy", "outbox_full")}

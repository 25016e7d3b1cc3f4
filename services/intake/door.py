"""Who may come in to hand over a submission, decided before anything is read."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol, TypeAlias, get_args

from aiohttp import web

from shared.runtime.metrics import SHED
from shared.runtime.problems import problem
from shared.runtime.shedding import raw

Reason: TypeAlias = Literal["busy", "outbox_full", "over_rate"]


class Room(Protocol):
    """Knows how many callers can be inside."""

    @property
    def most_inside(self) -> int:
        """So many that the last of them does not wait long."""
        ...


class Rate(Protocol):
    """Knows how many callers may come in a second."""

    def has_room(self) -> bool:
        """Say whether one more may come now."""
        ...

    def take(self) -> None:
        """Count one more."""
        ...


_REFUSALS = MappingProxyType(
    {
        "busy": ("2", "More is handed in than can be taken. Hand it in again in a moment."),
        "outbox_full": (
            "30",
            "Too much waits to be passed on, so nothing more is taken. Hand it in again later.",
        ),
        "over_rate": ("1", "More is handed in than is taken in a second. Hand it in again."),
    }
)
"""By reason: seconds until a new try makes sense, and what the caller is told."""


@dataclass(slots=True)
class Door:
    """Lets callers in while they can expect an answer soon, and turns away all others at once.

    Attributes:
        pace: How many may be inside.
        rate: How many may come in a second.
        outbox_full: Whether nothing more can be kept for Kafka.
    """

    pace: Room
    rate: Rate
    outbox_full: bool = False
    _inside: int = field(default=0, init=False)

    def enter(self) -> Reason | None:
        """Take a place for one caller, or return why they are not let in, counted as told."""
        reason = self._reason()
        if reason is None:
            self._inside += 1
            self.rate.take()
        else:
            _COUNTS[reason].inc()
        return reason

    def enter_unread(self) -> bytes | None:
        """Take a place, or return the whole answer to a caller who is not let in."""
        reason = self.enter()
        return None if reason is None else _RAW[reason]

    def leave(self) -> None:
        """Give a place back."""
        self._inside -= 1

    @contextmanager
    def let_in(self, *, has_place: bool = False) -> Generator[Reason | None]:
        """Hold a caller's place until the end; yield the reason if they are not let in.

        Args:
            has_place: Whether they took their place before.
        """
        reason = None if has_place else self.enter()
        try:
            yield reason
        finally:
            if reason is None:
                self.leave()

    def _reason(self) -> Reason | None:
        if self.outbox_full:
            return "outbox_full"
        if self._inside >= self.pace.most_inside:
            return "busy"
        return None if self.rate.has_room() else "over_rate"


def turned_away(reason: Reason) -> web.Response:
    """Return the answer to a caller who is not let in."""
    retry_after_s, detail = _REFUSALS[reason]
    return problem(503, "Not available", detail, headers={"Retry-After": retry_after_s})


_COUNTS = {reason: SHED.labels(reason) for reason in _REFUSALS}
_RAW = {reason: raw(turned_away(reason)) for reason in get_args(Reason)}

"""What the surge watcher keeps about one dedup group in one district."""

from dataclasses import dataclass, replace
from typing import Self

from pydantic import BaseModel

from services.triage.surges.detection import History, Window
from shared.contract.events import Request
from shared.contract.topics import dedup_key

UNKNOWN_DISTRICT = "unknown"
"""The district of reports of which no district is known."""

_FOR_EVER = 1 << 40
_NO_PLACE = frozenset({"default", "none"})


def district_of(request: Request) -> str:
    """Return the district in which a request counts."""
    place = request.location
    known = place.precision not in _NO_PLACE and place.district
    return known or UNKNOWN_DISTRICT


@dataclass(frozen=True, slots=True)
class SurgeKey:
    """One dedup group in one district of a city, and the partition that brings its reports."""

    partition: int
    jurisdiction: str
    group: str
    district: str

    @classmethod
    def of(cls, request: Request, partition: int) -> Self:
        """Return where a request counts."""
        where = district_of(request)
        return cls(partition, request.jurisdiction, request.dedup_group, where)

    @classmethod
    def parse(cls, key: bytes) -> Self:
        """Return the patch of a key."""
        partition, jurisdiction, group, district = key.decode().split("\t")
        return cls(int(partition), jurisdiction, group, district)

    @property
    def table_key(self) -> bytes:
        """Where its ledger is kept."""
        return "\t".join(
            (str(self.partition), self.jurisdiction, self.group, self.district)
        ).encode()

    def slot_key(self, slot: int) -> bytes:
        """Return where the voices of a slot are kept."""
        return self.table_key + b"\t%d" % slot

    @property
    def name(self) -> str:
        """What it is, for ever and whatever partition brings it."""
        return f"{dedup_key(self.jurisdiction, self.group)}:{self.district}"


class TrackedSurge(BaseModel):
    """A surge and what of it was told.

    Attributes:
        began: The window in which it began.
        ended: The whole of it, once it is over.
        told: How many of its two events are known to be on the topic.
    """

    began: Window
    ended: Window | None = None
    published: int = 0

    @property
    def events_due(self) -> int:
        """How many of its two events there are by now."""
        return 1 if self.ended is None else 2

    @property
    def unpublished(self) -> bool:
        """Whether something is still to be told."""
        return self.published < self.events_due

    @property
    def covered(self) -> Window:
        """The slots in which no other surge begins; one that goes on has no end of them."""
        return self.ended or replace(self.began, until=_FOR_EVER)


class SurgeState(BaseModel):
    """Everything about a patch but the voices.

    Attributes:
        since: The first hour of which anything is known.
        newest: The latest slot in which something was heard.
        settled: Slots before this one are told from ``hours`` alone; what comes for them later
            counts no more.
        slots: Those whose voices are kept.
        over: Those whose voices can be deleted, which a crash may have prevented.
        hours: Reports in each earlier hour that had any.
    """

    since: int
    newest: int
    settled: int = 0
    slots: list[int] = []
    over: list[int] = []
    hours: dict[int, int] = {}
    surges: list[TrackedSurge] = []

    @property
    def history(self) -> History:
        """What the usual is learned from."""
        return History(self.since, self.hours)

    @property
    def open(self) -> TrackedSurge | None:
        """The surge that goes on."""
        return next((surge for surge in self.surges if surge.ended is None), None)

    @property
    def unpublished(self) -> bool:
        """Whether something is still to be told."""
        return any(surge.unpublished for surge in self.surges)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known any more."""
        return not (self.slots or self.over or self.hours or self.surges)

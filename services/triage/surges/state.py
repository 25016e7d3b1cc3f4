"""State of the surge watcher for one dedup group in one district, and the events of its surges."""

from dataclasses import dataclass, replace
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from services.triage.rules.derived_ids import TIME_BYTES, derived_uuid7
from services.triage.surges.detection import History, Window, slot_start
from shared.contract.events import Event, Request, Surge, SurgeEnded, SurgeStarted
from shared.contract.topics import dedup_key

UNKNOWN_DISTRICT = "unknown"
_OPEN_END = 1 << 40
_UNLOCATED = frozenset({"default", "none"})


def district_of(request: Request) -> str:
    """Return the district in which a request counts."""
    location = request.location
    is_located = location.precision not in _UNLOCATED
    return (location.district if is_located else None) or UNKNOWN_DISTRICT


@dataclass(frozen=True, slots=True)
class SurgeKey:
    """One dedup group in one district of a city; ``partition`` is that of its counts in Kafka.

    Raises:
        ValueError: A name has a tab, which would make its ``table_key`` unreadable.
    """

    partition: int
    jurisdiction: str
    group: str
    district: str

    def __post_init__(self) -> None:
        if any("\t" in name for name in (self.jurisdiction, self.group, self.district)):
            raise ValueError("jurisdiction, dedup_group or district: has a tab")

    @classmethod
    def parse(cls, table_key: bytes) -> Self:
        """Return the key with this ``table_key``."""
        partition, jurisdiction, group, district = table_key.decode().split("\t")
        return cls(int(partition), jurisdiction, group, district)

    @property
    def table_key(self) -> bytes:
        """Key of its ``SurgeState`` in the state table."""
        return "\t".join(
            (str(self.partition), self.jurisdiction, self.group, self.district)
        ).encode()

    def slot_key(self, slot: int) -> bytes:
        """Return the key of a slot's reporters in the state table."""
        return self.table_key + b"\t%d" % slot

    @property
    def name(self) -> str:
        """Stable name, independent of the partition."""
        return f"{dedup_key(self.jurisdiction, self.group)}:{self.district}"


class TrackedSurge(BaseModel):
    """A surge and how many of its two events are published; ``ended`` is the whole surge."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    began: Window
    ended: Window | None = None
    published: int = Field(default=0, alias="told")  # the name in the stored state

    @property
    def events_due(self) -> int:
        """Number of its two events (start, end) that are due."""
        return 1 if self.ended is None else 2

    @property
    def unpublished(self) -> bool:
        """True when an event must still be published."""
        return self.published < self.events_due

    @property
    def covered(self) -> Window:
        """The slots in which no other surge begins; an open surge covers all later ones."""
        return self.ended or replace(self.began, until=_OPEN_END)


class SurgeState(BaseModel):
    """State of one key, except the reporters of each slot.

    Attributes:
        since: First hour with any report, counted from 1970.
        settled: Slots before this one are final: only ``hours`` counts, later arrivals do not.
        slots: Slots whose reporters are stored.
        over: Slots whose reporters can be deleted; a crash may have prevented it.
        surges: Open surges, and those that are unpublished or not settled.
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
        """The past from which the usual rate is estimated."""
        return History(self.since, self.hours)

    @property
    def open(self) -> TrackedSurge | None:
        """The open surge, if any."""
        return next((surge for surge in self.surges if surge.ended is None), None)

    @property
    def unpublished(self) -> bool:
        """True when an event must still be published."""
        return any(surge.unpublished for surge in self.surges)

    @property
    def is_empty(self) -> bool:
        """True when the state holds nothing and can be deleted."""
        return not (self.slots or self.over or self.hours or self.surges)


def surge_events(key: SurgeKey, surge: TrackedSurge) -> list[Event]:
    """Return the unpublished events of a surge, in order.

    A surge's id is derived from its key and its first window, an event's id from its content; event
    times are by the clock of the reports.
    """
    surge_id = _id_at(surge.began.first, key.name)
    events: list[Event] = []
    if surge.published < 1:
        started = _data(key, surge_id, surge.began)
        slot = surge.began.until - 1
        event_id = _id_at(slot, f"began {started.model_dump_json()}")
        events.append(
            SurgeStarted(id=event_id, subject=surge_id, time=slot_start(slot), data=started)
        )
    if surge.ended is not None:
        ended = _data(key, surge_id, surge.ended)
        slot = surge.ended.until
        event_id = _id_at(slot, f"ended {ended.model_dump_json()}")
        events.append(SurgeEnded(id=event_id, subject=surge_id, time=slot_start(slot), data=ended))
    return events


def _data(key: SurgeKey, surge_id: str, window: Window) -> Surge:
    return Surge(
        surge_id=surge_id,
        jurisdiction=key.jurisdiction,
        dedup_group=key.group,
        district=key.district,
        window_start=slot_start(window.first),
        window_end=slot_start(window.until),
        count=window.count,
        expected=round(window.expected, 1),
    )


def _id_at(slot: int, name: str) -> str:
    milliseconds = int(slot_start(slot).timestamp() * 1000)
    return derived_uuid7(milliseconds.to_bytes(TIME_BYTES), name.encode())

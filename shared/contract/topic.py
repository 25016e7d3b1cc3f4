"""A topic of the registry: what it carries, who owns it, who reads it."""

from dataclasses import dataclass
from datetime import timedelta

from shared.contract import events as e

DAY = timedelta(days=1)
MAX_RECORD_BYTES = 8 * 1024 * 1024
"""Largest record that a topic accepts: an oversized submission fits into its dead letter."""
DEAD_LETTERS = "-dlq"
"""Suffix of dead-letter topics."""
LANE_PARTITIONS = 12
_SERVICES = frozenset({"intake", "triage", "dispatch", "notify"})


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with one owner.

    Attributes:
        name: Name on the broker; no dots, since metrics merge ``.`` and ``_``.
        owner: The only writer: a service, ``adapters``, ``operators`` or a bureau.
        key: Meaning of the record key; records with the same key keep their order.
        readers: Services that consume it; each writes poison messages to its ``-dlq`` topic.
        events: Event classes that it carries.
        retention: Time that records are kept; None means compacted.
        erasure: Event that a tombstone stands for; None where every record has a value.
        compacted_within: Time after which an older value of a key is surely gone, on a topic
            that is compacted; None for whenever the broker compacts it.
        source: The only source that counts here, or the beginning of it before a ``/``; empty for
            any.
        other_sources: Sources, or beginnings of them, that never count here.
        more_readers: Principals beside the services that read it; see ``grants``.
        more_writers: Principals beside the owner that write it.
    """

    name: str
    owner: str
    key: str
    readers: tuple[str, ...]
    events: tuple[type[e.Event], ...]
    retention: timedelta | None
    partitions: int = LANE_PARTITIONS
    erasure: type[e.ContactErased] | None = None
    compacted_within: timedelta | None = None
    source: str = ""
    other_sources: tuple[str, ...] = ()
    more_readers: tuple[str, ...] = ()
    more_writers: tuple[str, ...] = ()

    @property
    def from_outside(self) -> bool:
        """True when programs outside the router write to it."""
        return self.owner not in _SERVICES

    def allows(self, source: str) -> bool:
        """Return True when an event of this source may come by this topic."""
        return (not self.source or is_within(source, self.source)) and not any(
            is_within(source, other) for other in self.other_sources
        )

    @property
    def replayed_by(self) -> str:
        """The service that writes dead letters of this topic to it again.

        It is the owner, or the first reader where the owner is no service of the router.
        """
        return self.readers[0] if self.from_outside and self.readers else self.owner

    @property
    def dead_letters(self) -> "Topic | None":
        """The dead-letter topic; None when no service reads this topic."""
        if not self.readers:
            return None
        return Topic(
            name=f"{self.name}{DEAD_LETTERS}",
            owner="the reader",
            key=self.key,
            readers=(),
            events=(),
            retention=30 * DAY,
            partitions=1,
        )


def is_within(source: str, beginning: str) -> bool:
    """Return True for the source itself, and for one below it after a ``/``."""
    return source == beginning or source.startswith(f"{beginning}/")

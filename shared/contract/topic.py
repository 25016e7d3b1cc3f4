"""The description of a topic."""

from dataclasses import dataclass
from datetime import timedelta

from shared.contract import events as e

DAY = timedelta(days=1)

# Largest record that a topic accepts: an oversized submission fits into its dead letter.
MAX_RECORD_BYTES = 8 * 1024 * 1024

DEAD_LETTERS = "-dlq"  # suffix of dead-letter topics

# Partitions of a main topic in a new router. More is a setting, ``ROUTE311_PARTITIONS``: a batch of
# records costs the broker and its clients as much as a hundred records, and each partition has one.
MAIN_PARTITIONS = 4

_SERVICES = frozenset({"intake", "triage", "dispatch", "notify", "insight"})


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with one owner.

    Attributes:
        name: Name on the broker; no dots, since metrics merge ``.`` and ``_``.
        owner: The only writer: a service, ``adapters``, ``operators`` or a bureau.
        key: Meaning of the record key; records with the same key keep their order.
        readers: Services that consume it; each writes poison messages to its ``-dlq`` topic.
        retention: Time that records are kept; None means compacted.
        erasure: Event that a tombstone stands for; None where every record has a value.
        compacted_within: Maximum time until an older value of a key is removed, on a compacted
            topic; None for whenever the broker compacts it.
        source: The only accepted source, or its prefix before a ``/``; empty for any.
        other_sources: Sources, or their prefixes, that are never accepted.
        more_readers: Principals beside the services that read it; see ``grants``.
        more_writers: Principals beside the owner that write it.
    """

    name: str
    owner: str
    key: str
    readers: tuple[str, ...]
    events: tuple[type[e.Event], ...]
    retention: timedelta | None
    partitions: int = MAIN_PARTITIONS
    erasure: type[e.ContactErased] | None = None
    compacted_within: timedelta | None = None
    source: str = ""
    other_sources: tuple[str, ...] = ()
    more_readers: tuple[str, ...] = ()
    more_writers: tuple[str, ...] = ()

    @property
    def is_main(self) -> bool:
        """True for a topic that has as many partitions as all main topics of a router."""
        return self.partitions == MAIN_PARTITIONS

    @property
    def from_outside(self) -> bool:
        """True when programs outside the router write to it."""
        return self.owner not in _SERVICES

    def allows(self, source: str) -> bool:
        """Return True when an event of this source is accepted on this topic."""
        return (not self.source or is_within(source, self.source)) and not any(
            is_within(source, other) for other in self.other_sources
        )

    @property
    def replayed_by(self) -> str:
        """The service that replays dead letters: the owner, or an outsider's first reader."""
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

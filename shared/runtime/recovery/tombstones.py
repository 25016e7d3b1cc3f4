"""Tombstones on the topic of contacts: the record of erasures."""

from collections.abc import Mapping
from contextlib import aclosing

from shared.contract.events import ContactErased
from shared.contract.topic import DEAD_LETTERS
from shared.contract.topics import INTAKE_CONTACTS
from shared.errors import PermanentError
from shared.runtime.kafka import Partition, Record, written_at
from shared.runtime.kafka.reader import OffsetRanges, end_offsets, offset_bounds, read_range
from shared.runtime.kafka_access import KafkaAccess


async def erased_requests(access: KafkaAccess, ranges: OffsetRanges) -> set[str]:
    """Return the requests whose contact has a tombstone inside these ranges of ``intake-contacts``.

    A tombstone whose key is no request id erases nothing; its reader parks it.
    """
    erased: set[str] = set()
    async with aclosing(read_range(access, ranges)) as batches:
        async for records in batches:
            tombstones = (record for record in records if record.value is None)
            erased.update(filter(None, map(_request_id, tombstones)))
    return erased


async def unread_erasures(access: KafkaAccess, positions: Mapping[Partition, int]) -> set[str]:
    """Return the requests with a tombstone that a reader at these positions has not read yet."""
    ends = await end_offsets(access, [INTAKE_CONTACTS.name])
    return await erased_requests(access, {p: (positions.get(p, 0), end) for p, end in ends.items()})


async def erased_among(access: KafkaAccess, dead_letters: OffsetRanges) -> frozenset[str]:
    """Return the requests whose contact is erased, if there are dead letters of contacts at all."""
    name = f"{INTAKE_CONTACTS.name}{DEAD_LETTERS}"
    if not any(p.topic == name and first < end for p, (first, end) in dead_letters.items()):
        return frozenset()
    return frozenset(await erased_requests(access, await contact_ranges(access)))


async def contact_ranges(access: KafkaAccess) -> OffsetRanges:
    """Return the offsets of all records of ``intake-contacts``."""
    return await offset_bounds(access, [INTAKE_CONTACTS.name])


def _request_id(tombstone: Record) -> str | None:
    try:
        erasure = ContactErased.of_tombstone(tombstone.key or b"", written_at(tombstone))
    except PermanentError:
        return None
    return erasure.data.request_id

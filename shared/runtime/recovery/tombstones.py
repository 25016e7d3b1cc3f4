"""Tombstones on a topic: what was erased, whatever an older copy of a table says."""

from collections.abc import Mapping
from contextlib import aclosing
from uuid import UUID

from aiokafka.errors import KafkaError

from shared.contract.topics import DEAD_LETTERS, INTAKE_CONTACTS
from shared.runtime.kafka import BrokerDownError, Partition
from shared.runtime.kafka.reader import OffsetRanges, end_offsets, offset_bounds, read_range


async def erased_requests(bootstrap: str, ranges: OffsetRanges) -> set[str]:
    """Return the requests whose contact has a tombstone inside these ranges.

    A tombstone whose key is no request id erases nothing; its reader parks it.

    Args:
        bootstrap: Host and port of the brokers.
        ranges: Offsets of ``intake-contacts``.
    """
    erased: set[str] = set()
    async with aclosing(read_range(bootstrap, ranges)) as batches:
        async for records in batches:
            keys = (record.key for record in records if record.value is None)
            erased.update(filter(None, map(_request_id, keys)))
    return erased


async def unread_erasures(bootstrap: str, positions: Mapping[Partition, int]) -> set[str]:
    """Return the requests whose contact has a tombstone that a reader has not read yet.

    Args:
        bootstrap: Host and port of the brokers.
        positions: The offset that it reads next, for each partition that it has read.

    Raises:
        BrokerDownError: The broker did not answer.
    """
    try:
        ends = await end_offsets(bootstrap, [INTAKE_CONTACTS.name])
        ranges = {p: (positions.get(p, 0), end) for p, end in ends.items()}
        return await erased_requests(bootstrap, ranges)
    except KafkaError as error:
        raise BrokerDownError(type(error).__name__) from error


async def erased_among(bootstrap: str, dead_letters: OffsetRanges) -> frozenset[str]:
    """Return the requests whose contact is erased, if there are dead letters of contacts at all.

    Args:
        bootstrap: Host and port of the brokers.
        dead_letters: Offsets of dead-letter topics.
    """
    name = f"{INTAKE_CONTACTS.name}{DEAD_LETTERS}"
    if not any(p.topic == name and first < end for p, (first, end) in dead_letters.items()):
        return frozenset()
    return frozenset(await erased_requests(bootstrap, await contact_ranges(bootstrap)))


async def contact_ranges(bootstrap: str) -> OffsetRanges:
    """Return the offsets of all records of ``intake-contacts``."""
    bounds = await offset_bounds(bootstrap)
    return {p: offsets for p, offsets in bounds.items() if p.topic == INTAKE_CONTACTS.name}


def _request_id(key: bytes | None) -> str | None:
    try:
        return str(UUID((key or b"").decode("ascii")))
    except ValueError:
        return None

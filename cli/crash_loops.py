"""Crash loops in ``route311 status``: which service dies at which record, and what to do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.runtime.consumer.crashes import MAX_CRASHES, load_crash_loops
from shared.runtime.postgres import Connection


@dataclass(frozen=True, slots=True)
class CrashLoopView:
    """A service that dies at a record again and again.

    Attributes:
        service: The service.
        record: ``topic/partition/offset``.
        crashes: How often it died so far.
        seconds: Seconds since it tried last.
    """

    service: str
    record: str
    crashes: int
    seconds: float


async def load_views(db: Connection, services: Iterable[str]) -> list[CrashLoopView]:
    """Return the crash loops of these services.

    Args:
        db: A connection of the database's administrator.
        services: The services.
    """
    return [
        CrashLoopView(
            service,
            f"{loop.partition.topic}/{loop.partition.partition}/{loop.offset}",
            loop.crashes,
            round(loop.seconds, 1),
        )
        for service in services
        for loop in await load_crash_loops(db, service)
    ]


def sentences(loops: Sequence[CrashLoopView]) -> list[str]:
    """Return a sentence for each crash loop, with the command that ends it."""
    return [
        f"CRASH LOOP: {loop.service} died {loop.crashes} times at {loop.record}, "
        f"last {loop.seconds:.0f} s ago. It parks the record by itself when it starts after crash "
        f"{MAX_CRASHES}; to park it now:\n"
        f"  route311 skip {loop.record} --service {loop.service} --reason TEXT"
        for loop in loops
    ]

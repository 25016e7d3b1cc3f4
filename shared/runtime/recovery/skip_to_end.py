"""Skip to the end: set positions to the ends of topics, after a restore of an older database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.contract.topic import Topic
from shared.errors import Route311Error
from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import end_offsets
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.postgres import Connection, open_database, row_count
from shared.runtime.recovery.positions import load_positions

_CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity
     WHERE usename = 'route311_' || $1 AND datname = current_database()
"""
_SKIP = """
    INSERT INTO {}.consumer_offset AS mine (topic, partition, epoch, next_offset)
    SELECT topic, partition, 1, next_offset
      FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS ends (topic, partition, next_offset)
    ON CONFLICT (topic, partition) DO UPDATE
       SET epoch = mine.epoch + 1, next_offset = excluded.next_offset,
           last_offset = NULL, last_timestamp = NULL, parked_in_a_row = 0
"""
_UNPUBLISHED = "SELECT coalesce(sum(records), 0) FROM {}.outbox_waiting"
_MARK_PUBLISHED = "DELETE FROM {}.outbox_waiting"
_DEFERRED = {True: "SELECT count(*) FROM {}.deferred", False: "DELETE FROM {}.deferred"}
_UNSENT = {
    True: "SELECT count(*) FROM notify.deliveries WHERE state = 'pending'",
    # A lease that is over: notify reports these as of unknown outcome and never sends them.
    False: """
        UPDATE notify.deliveries SET state = 'sending', lease_until = now()
         WHERE state = 'pending'
    """,
}


class ServiceRunningError(Route311Error):
    """A service that must be stopped is connected to the database."""

    code = "service_running"


@dataclass(frozen=True, slots=True)
class SkipResult:
    """Numbers of records, messages and retries that a service skips, or would in a dry run."""

    records: Mapping[str, int] = field(default_factory=dict)
    unpublished: int = 0
    deferred: int = 0
    unsent: int = 0


async def skip_to_end(
    access: KafkaAccess,
    admin_dsn: str,
    services: Sequence[str],
    topics: Sequence[Topic],
    *,
    dry_run: bool,
) -> dict[str, SkipResult]:
    """Set the positions of stopped services to the ends of the topics that they read.

    Work that is pending in the older database was done after the backup: messages of the outbox,
    deferred records and messages to residents are not repeated. All services change in one
    transaction.

    Raises:
        ServiceRunningError: One of the services is connected to the database.
    """
    ends = await end_offsets(access, [topic.name for topic in topics if topic.readers])
    async with open_database(admin_dsn) as db, db.transaction():
        if running := [s for s in services if await db.fetchval(_CONNECTIONS, s)]:
            raise ServiceRunningError(f"stop {', '.join(running)} first, in every instance")
        return {
            service: await _skip(db, service, _read_by(service, topics, ends), dry_run=dry_run)
            for service in services
        }


def _read_by(
    service: str, topics: Sequence[Topic], ends: Mapping[Partition, int]
) -> dict[Partition, int]:
    names = {topic.name for topic in topics if service in topic.readers}
    return {partition: end for partition, end in ends.items() if partition.topic in names}


async def _skip(
    db: Connection, service: str, ends: Mapping[Partition, int], *, dry_run: bool
) -> SkipResult:
    records = skipped_records(await load_positions(db, service), ends)
    unpublished: int = await db.fetchval(_UNPUBLISHED.format(service))
    if not dry_run:
        await db.execute(_MARK_PUBLISHED.format(service))
        await db.execute(
            _SKIP.format(service),
            [p.topic for p in ends],
            [p.partition for p in ends],
            list(ends.values()),
        )

    async def rows(statements: Mapping[bool, str]) -> int:
        statement = statements[dry_run].format(service)
        if dry_run:
            count: int = await db.fetchval(statement)
            return count
        return row_count(await db.execute(statement))

    return SkipResult(
        records,
        unpublished,
        deferred=await rows(_DEFERRED),
        unsent=await rows(_UNSENT) if service == "notify" else 0,
    )


def skipped_records(
    positions: Mapping[Partition, int], ends: Mapping[Partition, int]
) -> dict[str, int]:
    """Return by topic the number of records between the positions and the ends.

    It is an upper bound where a log was compacted, and where a partition was never read, since the
    broker may have deleted its oldest records.
    """
    skipped: dict[str, int] = {}
    for partition, end in sorted(ends.items()):
        records = max(0, end - (positions.get(partition, 0)))
        if records:
            skipped[partition.topic] = skipped.get(partition.topic, 0) + records
    return skipped

"""Resources of a benchmark by process, statement, service and topic."""

from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.postgres import open_database
from workbench.bench.database import (
    DatabaseState,
    Statement,
    database_state,
    executed_statements,
    reset_statistics,
)
from workbench.bench.topic_volumes import TopicVolume, topic_volumes, written_since
from workbench.bench.usage import Usage, process_usage, router_usage, used_since


@dataclass(slots=True)
class Profile:
    """Resources used while a block ran; filled when the block ends.

    Attributes:
        parts: Processor time and memory by part of the router.
        database_cpu_s: Processor time of PostgreSQL in seconds by service.
        statements: Statements of the services, the longest in total first.
        wal_bytes: Bytes of WAL, of all services and of the server itself.
        disk_bytes: Bytes by which tables and indexes grew, by service, and ``outbox``.
        topics: Records and bytes by topic.
    """

    parts: dict[str, Usage] = field(default_factory=dict)
    database_cpu_s: dict[str, float] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    wal_bytes: int = 0
    disk_bytes: dict[str, int] = field(default_factory=dict)
    topics: dict[str, TopicVolume] = field(default_factory=dict)

    @property
    def wal_by_service(self) -> dict[str, int]:
        """Bytes of WAL by service, without what the server wrote by itself."""
        wal: Counter[str] = Counter()
        for statement in self.statements:
            wal[statement.service] += statement.wal_bytes
        return dict(wal)

    @property
    def kafka_bytes(self) -> int:
        """Bytes written to Kafka."""
        return sum(volume.bytes for volume in self.topics.values())

    def as_json(self) -> dict[str, Any]:
        """Return all figures as a JSON object."""
        statements = [asdict(one) | {"mean_ms": one.mean_ms} for one in self.statements]
        return asdict(self) | {"statements": statements, "wal_by_service": self.wal_by_service}


@asynccontextmanager
async def profiled(access: KafkaAccess, dsn: str, kafka: Path) -> AsyncGenerator[Profile]:
    """Measure what the block uses; the cluster must have loaded the statistics of statements.

    Args:
        dsn: DSN of the database's administrator.
    """
    profile = Profile()
    async with open_database(dsn) as db:
        topics = await topic_volumes(access, kafka)
        state = await reset_statistics(db)
        processes = process_usage()
        yield profile
        used = used_since(processes, process_usage())
        profile.statements = await executed_statements(db)
        _add_growth(profile, state, await database_state(db))
        profile.topics = written_since(topics, await topic_volumes(access, kafka))
    profile.parts = router_usage(used)
    cpu: defaultdict[str, float] = defaultdict(float)
    for process in used:
        if process.part == "postgres":
            cpu[process.role or "the server"] += process.usage.cpu_s
    profile.database_cpu_s = dict(cpu)


def _add_growth(profile: Profile, before: DatabaseState, now: DatabaseState) -> None:
    profile.wal_bytes = now.wal_bytes - before.wal_bytes
    profile.disk_bytes = {
        owner: size - before.disk_bytes.get(owner, 0) for owner, size in now.disk_bytes.items()
    }

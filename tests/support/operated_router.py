"""A running router as its operators see it: commands, tables and topics."""

import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local.stack_file import Stack
from shared.contract.events import SubmissionReceived
from shared.contract.topics import CHANNEL_SUBMISSIONS, INTAKE_CONTACTS
from shared.runtime.kafka import Record, open_sink
from shared.runtime.kafka.reader import offset_bounds, read_range
from shared.runtime.outgoing import Outgoing
from tests.support.program import Finished, RunningProgram, started
from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True)
class OperatedRouter:
    """A running router."""

    stack: Stack
    data: Path

    async def command(self, *arguments: str) -> tuple[int, Any]:
        """Run ``route311`` with ``--json``; return exit code and output."""
        done = await self.route311(*arguments, "--json")
        assert done.out, done.errors
        return done.code, json.loads(done.out)

    async def lines(self, *arguments: str, columns: int = 80) -> list[str]:
        """Run ``route311``; return what a person reads on a terminal of this width."""
        done = await self.route311(*arguments, columns=columns)
        assert done.out, done.errors
        return [line.rstrip() for line in done.out.splitlines()]

    async def route311(self, *arguments: str, columns: int = 80) -> Finished:
        """Run ``route311`` with the folder of the router in its environment."""
        async with self.started(*arguments, columns=columns) as running:
            return await running.finished()

    def started(
        self, *arguments: str, columns: int = 80
    ) -> AbstractAsyncContextManager[RunningProgram]:
        """Start ``route311`` with the folder of the router in its environment."""
        env = {"ROUTE311_DATA": str(self.data), "COLUMNS": str(columns)}
        return started(*arguments, env=env)

    async def fetch(self, statement: str, *values: object) -> Sequence[asyncpg.Record]:
        connection = await asyncpg.connect(self.stack.postgres)
        try:
            found: Sequence[asyncpg.Record] = await connection.fetch(statement, *values)
            return found
        finally:
            await connection.close()

    async def execute(self, statements: str) -> None:
        """Change tables behind the router's back."""
        connection = await asyncpg.connect(self.stack.postgres)
        await connection.execute(statements)
        await connection.close()

    async def hand_in(self, *events: SubmissionReceived) -> None:
        topic = CHANNEL_SUBMISSIONS.name
        async with open_sink(self.stack.access) as sink:
            await sink.publish([Outgoing.to_topic(topic, "adapter", event) for event in events])

    async def requests(self, *events: SubmissionReceived) -> list[tuple[str, str]]:
        """Return id and tracking number of the requests, once their reporters were written to."""

        async def all_there() -> Sequence[asyncpg.Record]:
            rows = await self.fetch(
                "SELECT DISTINCT submission_id, r.request_id::text, r.tracking_number"
                "  FROM intake.submissions JOIN intake.requests AS r"
                "    ON convert_from(receipt, 'UTF8')::json #>> '{data,request_id}'"
                "       = r.request_id::text"
                "  JOIN notify.deliveries AS d ON d.request_id = r.request_id"
                " WHERE submission_id = ANY($1::text[]) AND d.state IN ('sent', 'suppressed')",
                [event.id for event in events],
            )
            return rows if len(rows) == len(events) else ()

        found = {row[0]: (row[1], row[2]) for row in await eventually(all_there, within_s=60)}
        return [found[event.id] for event in events]

    async def records(self, topic: str) -> list[Record]:
        bounds = await offset_bounds(self.stack.access)
        ranges = {p: offsets for p, offsets in bounds.items() if p.topic == topic}
        return [r async for batch in read_range(self.stack.access, ranges) for r in batch]

    async def last_contact(self, request_id: str) -> bytes | None:
        """Return the value of the last record on the topic of contacts, which compaction keeps."""
        found = [
            record.value
            for record in await self.records(INTAKE_CONTACTS.name)
            if record.key == request_id.encode()
        ]
        return found[-1]

    async def all_published(self) -> None:
        async def published() -> bool:
            return not await self.fetch("SELECT FROM intake.outbox WHERE NOT published")

        await eventually(published, within_s=60)

    async def read_by_intake(self, event: SubmissionReceived) -> None:
        """Hand in a submission and wait until intake has read it, and all before it."""
        await self.hand_in(event)

        async def is_read() -> bool:
            sql = "SELECT FROM intake.submissions WHERE submission_id = $1"
            return bool(await self.fetch(sql, event.id))

        await eventually(is_read, within_s=60)

    async def holding(self, *needles: str) -> list[str]:
        """Return the tables with contacts, but the outboxes, that hold one of the texts."""
        tables = await self.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname IN ('intake', 'notify') AND tablename NOT LIKE 'outbox%'"
        )
        forms = {form for n in needles for form in (n.lower(), n.encode().hex())}
        found = []
        for (table,) in tables:
            rows = await self.fetch(f"SELECT t::text FROM {table} AS t")  # noqa: S608 - our tables
            text = "\n".join(row[0] for row in rows).lower()
            found += [table for form in forms if form in text]
        return found

    async def readable(self, needle: str) -> list[str]:
        """Return the tables that hold the text, and the topics whose last record of a key does."""
        found = []
        for table, column in (
            ("notify.requests", "requests::text"),
            ("intake.requests", "requests::text"),
            ("intake.submissions", "convert_from(coalesce(body, ''), 'UTF8')"),
            ("intake.outbox", "convert_from(coalesce(value, ''), 'UTF8')"),
            ("notify.outbox", "convert_from(coalesce(value, ''), 'UTF8')"),
            ("intake.deferred", "convert_from(coalesce(value, ''), 'UTF8')"),
        ):
            statement = f"SELECT FROM {table} WHERE {column} ILIKE $1"
            found += [table for _ in await self.fetch(statement, f"%{needle}%")]
        last = {r.key: r.value for r in await self.records(INTAKE_CONTACTS.name)}
        return found + [
            "intake-contacts" for value in last.values() if needle in str(value).lower()
        ]

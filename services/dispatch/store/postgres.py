"""Dispatch's store on PostgreSQL: the state of batches, and answers to calls over HTTP."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from asyncpg import Record

from services.dispatch.records.answers import CommandAnswer
from services.dispatch.records.changes import ChangeSet, MessageKey, uuids
from services.dispatch.rules.case import Case, CaseRequest, CaseWorkOrder
from services.dispatch.rules.operator_commands import CommandRefusal
from services.dispatch.store import rows
from services.dispatch.store.approvals import insert_waiting
from shared.contract.events import UpdateReceipt
from shared.runtime.postgres import Connection, Pool, columns, insert_rows, transaction

_LOCK_CASES_SQL = """
    WITH RECURSIVE merge_target AS (
        SELECT merged_into AS case_id
          FROM cases WHERE case_id = ANY($1::uuid[]) AND merged_into IS NOT NULL
         UNION
        SELECT merged_into
          FROM cases JOIN merge_target USING (case_id) WHERE merged_into IS NOT NULL
    )
    SELECT *
      FROM cases
     WHERE case_id IN (
               SELECT unnest($1::uuid[])
                UNION
               SELECT case_id
                 FROM work_orders JOIN unnest($2::uuid[]) AS work_order_id USING (work_order_id)
                UNION
               SELECT case_id FROM merge_target
           )
     ORDER BY case_id
       FOR UPDATE
"""
_CASES_OF_ORDERS_SQL = """
    SELECT * FROM cases
     WHERE case_id IN (SELECT case_id FROM work_orders WHERE work_order_id = ANY($1::uuid[]))
"""
_ORDERS_SQL = "SELECT * FROM work_orders WHERE case_id = ANY($1::uuid[]) ORDER BY case_id, number"
_DUE_CASES_SQL = """
    SELECT DISTINCT case_id::text
      FROM (SELECT case_id FROM work_orders WHERE next_reminder_at <= $1
             ORDER BY next_reminder_at LIMIT $2) AS due
"""
_CASE_IDS_SQL = """
    SELECT request_id::text, case_id::text FROM case_requests WHERE request_id = ANY($1::uuid[])
"""
_ENTRIES_SQL = "SELECT event_id FROM history WHERE event_id = ANY($1::text[])"
CASE_REQUESTS_SQL = """
    SELECT * FROM case_requests WHERE case_id = ANY($1::uuid[])
"""
_PROCESSED_SQL = """
    SELECT digest FROM commands WHERE digest = ANY($1::bytea[])
     UNION ALL
    SELECT digest FROM updates WHERE digest = ANY($1::bytea[])
"""


def _update_sql(table: str, columns: str) -> str:
    """Return the statement that updates rows from arrays, one per typed column, the key first."""
    key, *others = [column.split() for column in columns.split(",")]
    arrays = ", ".join(f"${n}::{of}[]" for n, (_, of) in enumerate([key, *others], 1))
    names = ", ".join(name for name, _ in [key, *others])
    values = ", ".join(f"{name} = changed.{name}" for name, _ in others)
    return f"""
        UPDATE {table} AS stored SET {values}
          FROM unnest({arrays}) AS changed ({names})
         WHERE stored.{key[0]} = changed.{key[0]}
    """  # noqa: S608 - constants


# The columns stand in the order of the rows.
_UPDATE_CASES_SQL = _update_sql(
    "cases",
    """case_id uuid, version integer, status text, level text, score integer, reasons jsonb,
    lead_bureau text, request_count integer, first_reported_at timestamptz,
    last_reported_at timestamptz, closed_at timestamptz, merged_into uuid, lowered_from jsonb,
    notes jsonb, others_notes jsonb, summary_priority jsonb, overdue_at timestamptz,
    acknowledged_at timestamptz, assignee text, held_until timestamptz, asked_from text""",
)
_UPDATE_ORDERS_SQL = _update_sql(
    "work_orders",
    """work_order_id uuid, role text, status text, version integer, acknowledge_by timestamptz,
    complete_by timestamptz, scheduled_for timestamptz, external_id text,
    acknowledge_soon timestamptz, complete_soon timestamptz, waiting_since timestamptz,
    reminded text, next_reminder_at timestamptz""",
)
_RESTATE_CASES_SQL = _update_sql(
    "cases", "case_id uuid, opened_by uuid, problem jsonb, service_code text, dedup_group text"
)
_UPDATE_REQUESTS_SQL = _update_sql(
    "case_requests",
    "request_id uuid, case_id uuid, moves integer, request jsonb, language text, channel text",
)


class PostgresDispatchStore:
    """Tables of the schema ``dispatch``, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    async def load(
        self, case_ids: Collection[str], work_order_ids: Collection[str]
    ) -> Sequence[Case]:
        """Lock and return cases, in the order of their ids to avoid deadlocks."""
        found = await self._db.fetch(_LOCK_CASES_SQL, uuids(case_ids), uuids(work_order_ids))
        return await cases_with_orders(self._db, found) if found else []

    async def due_cases(self, now: datetime, limit: int) -> Collection[str]:
        """Return the cases of work orders whose reminders are due by now, the earliest first."""
        return [row["case_id"] for row in await self._db.fetch(_DUE_CASES_SQL, now, limit)]

    async def requests_in_cases(self, request_ids: Collection[str]) -> Mapping[str, str]:
        """Return the case of each of the requests that belong to one."""
        if not request_ids:
            return {}
        found = await self._db.fetch(_CASE_IDS_SQL, uuids(request_ids))
        return {row["request_id"]: row["case_id"] for row in found}

    async def history_entries(self, event_ids: Collection[str]) -> Collection[str]:
        """Return those of the events that are in the history of a case."""
        if not event_ids:
            return ()
        found = await self._db.fetch(_ENTRIES_SQL, list(event_ids))
        return {row["event_id"] for row in found}

    async def processed(self, keys: Collection[MessageKey]) -> Collection[MessageKey]:
        """Return those of the updates and commands that were processed before."""
        if not keys:
            return ()
        by_digest = {rows.digest(key): key for key in keys}
        found = await self._db.fetch(_PROCESSED_SQL, list(by_digest))
        return {by_digest[row["digest"]] for row in found}

    async def requests_of(self, case_ids: Collection[str]) -> Sequence[CaseRequest]:
        """Return all requests of these cases."""
        if not case_ids:
            return ()
        found = await self._db.fetch(CASE_REQUESTS_SQL, uuids(case_ids))
        return [rows.request_of(row) for row in found]

    async def write(self, changes: ChangeSet) -> None:
        """Write the changes of a batch with one statement for each kind of change."""
        new_orders = [rows.new_order_row(case_id, order) for case_id, order in changes.new_orders]
        await self._insert("cases", map(rows.new_case_row, changes.opened_cases))
        await self._insert("work_orders", new_orders)
        await self._insert("case_requests", map(rows.request_row, changes.joined_requests))
        updates = [rows.update_row(m) for m in changes.processed if m.key.bureau]
        await self._insert("updates", updates)
        await self._update(_UPDATE_CASES_SQL, map(rows.changed_case_row, changes.changed_cases))
        await self._update(_UPDATE_ORDERS_SQL, map(rows.changed_order_row, changes.changed_orders))
        await self._insert("history", map(rows.history_row, changes.history))
        commands = [rows.command_row(m) for m in changes.processed if not m.key.bureau]
        await self._insert("commands", commands)
        await self._update(_RESTATE_CASES_SQL, map(rows.restated_case_row, changes.restated_cases))
        await self._update(_UPDATE_REQUESTS_SQL, map(rows.request_row, changes.changed_requests))
        if changes.waiting:
            await insert_waiting(self._db, changes.waiting)

    async def _insert(self, table: str, records: Iterable[rows.ColumnValues]) -> None:
        if found := list(records):
            names, values = list(found[0]), [tuple(row.values()) for row in found]
            await insert_rows(self._db, table, names, values)

    async def _update(self, statement: str, records: Iterable[rows.ColumnValues]) -> None:
        if found := [row.values() for row in records]:
            await self._db.execute(statement, *columns(found))


@asynccontextmanager
async def snapshot(pool: Pool) -> AsyncGenerator[Connection]:
    """Yield a transaction that reads as of one moment."""
    async with transaction(pool) as db:
        await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield db


async def find_work_orders(
    db: Connection, work_order_ids: Collection[str]
) -> Sequence[tuple[Case, CaseWorkOrder]]:
    """Return work orders with their cases, without locks; unknown ones are left out."""
    wanted = frozenset(work_order_ids)
    found = await cases_with_orders(db, await db.fetch(_CASES_OF_ORDERS_SQL, uuids(wanted)))
    return [
        (case, order) for case in found for order in case.orders if order.work_order_id in wanted
    ]


async def cases_with_orders(db: Connection, cases: Sequence[Record]) -> Sequence[Case]:
    """Return the cases of rows of ``cases``."""
    orders: defaultdict[object, list[CaseWorkOrder]] = defaultdict(list)
    for row in await db.fetch(_ORDERS_SQL, [row["case_id"] for row in cases]):
        orders[row["case_id"]].append(rows.order_of(row))
    return [rows.case_of(row, tuple(orders[row["case_id"]])) for row in cases]


_FIND_UPDATE = "SELECT body_digest, answer FROM updates WHERE digest = $1"
_KEEP_UPDATE = "UPDATE updates SET body_digest = $2, answer = $3 WHERE digest = $1"
_FIND_COMMAND = """
    SELECT body_digest, events, refused_as, refusal, approval_id FROM commands WHERE digest = $1
"""
_KEEP_COMMAND = """
    UPDATE commands SET body_digest = $2, events = $3, refusal = $4, approval_id = $5
     WHERE digest = $1
"""


async def find_receipt(
    db: Connection, key: MessageKey
) -> tuple[bytes | None, UpdateReceipt | None] | None:
    """Return digest and receipt of an earlier update (None over Kafka); None for a new one."""
    row = await db.fetchrow(_FIND_UPDATE, rows.digest(key))
    if row is None:
        return None
    answer = row["answer"]
    return row["body_digest"], UpdateReceipt.model_validate_json(answer) if answer else None


async def keep_receipt(
    db: Connection, key: MessageKey, body_digest: bytes, receipt: UpdateReceipt
) -> None:
    """Keep the receipt of an update in the transaction that processed it."""
    await db.execute(_KEEP_UPDATE, rows.digest(key), body_digest, receipt.model_dump_json())


async def find_command_answer(db: Connection, key: MessageKey) -> CommandAnswer | None:
    """Return the answer to an earlier command; None for a new one."""
    row = await db.fetchrow(_FIND_COMMAND, rows.digest(key))
    if row is None:
        return None
    code = row["refused_as"]
    refusal = CommandRefusal(code, row["refusal"] or "") if code else None
    approval = row["approval_id"] and str(row["approval_id"])
    return CommandAnswer(row["events"] or (), refusal, row["body_digest"], approval)


async def keep_command_answer(db: Connection, key: MessageKey, answer: CommandAnswer) -> None:
    """Keep the answer to a command in the transaction that processed it."""
    message = answer.refusal.message if answer.refusal else None
    values = (answer.body_digest, list(answer.events), message, answer.approval_id)
    await db.execute(_KEEP_COMMAND, rows.digest(key), *values)

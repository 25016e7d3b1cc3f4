"""Dispatch's tables."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from services.dispatch.rules.case import Case, CaseRequest, WorkOrder
from services.dispatch.store import rows
from services.dispatch.unit_of_work import ChangeSet, CommandKey, UpdateKey
from shared.runtime.postgres import Connection

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_LOCK = """
    WITH RECURSIVE home AS (
        SELECT merged_into AS case_id
          FROM cases WHERE case_id = ANY($1::uuid[]) AND merged_into IS NOT NULL
         UNION
        SELECT merged_into
          FROM cases JOIN home USING (case_id) WHERE merged_into IS NOT NULL
    )
    SELECT *
      FROM cases
     WHERE case_id IN (
               SELECT unnest($1::uuid[])
                UNION
               SELECT case_id FROM work_orders WHERE work_order_id = ANY($2::uuid[])
                UNION
               SELECT case_id FROM home
           )
     ORDER BY case_id
       FOR UPDATE
"""
_ORDERS = "SELECT * FROM work_orders WHERE case_id = ANY($1::uuid[]) ORDER BY case_id, number"
_REQUESTS = "SELECT request_id FROM case_requests WHERE request_id = ANY($1::uuid[])"
_REQUESTS_OF = """
    SELECT request_id, case_id, moves, said FROM case_requests
     WHERE case_id = ANY($1::uuid[]) AND said IS NOT NULL
"""
_COMMANDS = "SELECT digest FROM commands WHERE digest = ANY($1::bytea[])"
_UPDATES = "SELECT digest FROM updates WHERE digest = ANY($1::bytea[])"
_CHANGE_CASES = """
    UPDATE cases AS mine
       SET version = now.version, status = now.status, level = now.level, score = now.score,
           reasons = now.reasons, lead_bureau = now.lead_bureau,
           request_count = now.request_count, first_reported_at = now.first_reported_at,
           last_reported_at = now.last_reported_at, closed_at = now.closed_at,
           merged_into = now.merged_into, operator_knew = now.operator_knew
      FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::integer[], $6::jsonb[],
                  $7::text[], $8::integer[], $9::timestamptz[], $10::timestamptz[],
                  $11::timestamptz[], $12::uuid[], $13::jsonb[])
           AS now (case_id, version, status, level, score, reasons, lead_bureau, request_count,
                   first_reported_at, last_reported_at, closed_at, merged_into, operator_knew)
     WHERE mine.case_id = now.case_id
"""
_MOVE_ORDERS = """
    UPDATE work_orders AS mine
       SET role = now.role, status = now.status, version = now.version,
           acknowledge_by = now.acknowledge_by, complete_by = now.complete_by,
           scheduled_for = now.scheduled_for, external_id = now.external_id
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[],
                  $6::timestamptz[], $7::timestamptz[], $8::text[])
           AS now (work_order_id, role, status, version, acknowledge_by, complete_by,
                   scheduled_for, external_id)
     WHERE mine.work_order_id = now.work_order_id
"""
_RESTATE_CASES = """
    UPDATE cases AS mine
       SET opened_by = now.opened_by, problem = now.problem
      FROM unnest($1::uuid[], $2::uuid[], $3::jsonb[]) AS now (case_id, opened_by, problem)
     WHERE mine.case_id = now.case_id
"""
_MOVE_REQUESTS = """
    UPDATE case_requests AS mine
       SET case_id = now.case_id, moves = now.moves
      FROM unnest($1::uuid[], $2::uuid[], $3::integer[]) AS now (request_id, case_id, moves)
     WHERE mine.request_id = now.request_id
"""


class PostgresCases:
    """Cases in the schema ``dispatch``, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    async def load(
        self, case_ids: Collection[str], work_order_ids: Collection[str]
    ) -> Sequence[Case]:
        """Return the cases, locked in the order of their ids; an id that is no UUID has none.

        What one of the cases was merged into comes with it.
        """
        found = await self._db.fetch(_LOCK, _uuids(case_ids), _uuids(work_order_ids))
        if not found:
            return []
        orders: defaultdict[object, list[WorkOrder]] = defaultdict(list)
        for row in await self._db.fetch(_ORDERS, [row["case_id"] for row in found]):
            orders[row["case_id"]].append(rows.order_of(row))
        return [rows.case_of(row, tuple(orders[row["case_id"]])) for row in found]

    async def requests_in_cases(self, request_ids: Collection[str]) -> Collection[str]:
        """Return those of the requests that belong to a case."""
        if not request_ids:
            return ()
        found = await self._db.fetch(_REQUESTS, _uuids(request_ids))
        return {str(row["request_id"]) for row in found}

    async def processed_updates(self, keys: Collection[UpdateKey]) -> Collection[UpdateKey]:
        """Return those of the updates that were taken before."""
        if not keys:
            return ()
        by_digest = {rows.digest(key): key for key in keys}
        found = await self._db.fetch(_UPDATES, list(by_digest))
        return {by_digest[row["digest"]] for row in found}

    async def processed_commands(self, keys: Collection[CommandKey]) -> Collection[CommandKey]:
        """Return those of the commands that were taken before."""
        if not keys:
            return ()
        by_digest = {rows.command_digest(key): key for key in keys}
        found = await self._db.fetch(_COMMANDS, list(by_digest))
        return {by_digest[row["digest"]] for row in found}

    async def requests_of(self, case_ids: Collection[str]) -> Sequence[CaseRequest]:
        """Return all requests of these cases of which it is known what they said."""
        if not case_ids:
            return ()
        found = await self._db.fetch(_REQUESTS_OF, _uuids(case_ids))
        return [rows.request_of(row) for row in found]

    async def write(self, writing: ChangeSet) -> None:
        """Store what a batch changed, one statement for each kind of row."""
        orders = [rows.order_row(case_id, order) for case_id, order in writing.issued]
        await self._copy("cases", rows.CASE, [rows.case_row(case) for case in writing.opened])
        await self._copy("work_orders", rows.ORDER, orders)
        await self._copy(
            "case_requests", rows.REQUEST, [rows.request_row(r) for r in writing.requests]
        )
        await self._copy("updates", rows.UPDATE, [rows.update_row(u) for u in writing.updates])
        await self._update(_CHANGE_CASES, [rows.case_changes(case) for case in writing.changed])
        await self._update(_MOVE_ORDERS, [rows.order_changes(order) for order in writing.moved])
        if writing.commands:
            await self._write_commands(writing)

    async def _write_commands(self, writing: ChangeSet) -> None:
        restated = [(c.case_id, c.opened_by, rows.problem_row(c.problem)) for c in writing.restated]
        moved = [(r.request_id, r.case_id, r.moves) for r in writing.moved_requests]
        await self._copy("commands", rows.COMMAND, [rows.command_row(c) for c in writing.commands])
        await self._update(_RESTATE_CASES, restated)
        await self._update(_MOVE_REQUESTS, moved)

    async def _copy(
        self, table: str, columns: Sequence[str], records: Sequence[tuple[Any, ...]]
    ) -> None:
        if records:
            await self._db.copy_records_to_table(table, columns=columns, records=records)

    async def _update(self, statement: str, records: Sequence[tuple[Any, ...]]) -> None:
        if records:
            await self._db.execute(statement, *map(list, zip(*records, strict=True)))


def _uuids(ids: Collection[str]) -> list[str]:
    return [text for text in ids if _UUID.fullmatch(text)]

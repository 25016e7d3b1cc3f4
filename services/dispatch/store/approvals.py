"""Commands that wait for the approval of a second person, and what became of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

import pydantic_core

from services.dispatch.records.answers import Decision
from services.dispatch.records.changes import WaitingCommand, uuids
from services.dispatch.records.views import CaseName, ListedApproval
from shared.runtime.postgres import Connection, Pool, columns, translate_errors

_INSERT_SQL = """
    INSERT INTO approvals (approval_id, rule, actor, requested_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])
"""
_INSERT_COMMANDS_SQL = """
    INSERT INTO waiting_commands (approval_id, source, command)
    SELECT approval_id, source, command
      FROM unnest($1::uuid[], $2::text[], $3::jsonb[])
           WITH ORDINALITY AS command (approval_id, source, command, nth)
     ORDER BY nth
"""
_LIST_SQL = """
    SELECT approvals.*, commands
      FROM (SELECT * FROM approvals
             WHERE approval_id < $1 AND {}
             ORDER BY approval_id DESC LIMIT $2) AS approvals
     CROSS JOIN LATERAL (SELECT array_agg(command ORDER BY number) AS commands
                           FROM waiting_commands
                          WHERE approval_id = approvals.approval_id) AS waiting
     ORDER BY approval_id DESC
"""
_MOST_NAMED = 10
_NAMES_SQL = """
    SELECT case_id::text, level, problem ->> 'service_name' AS service_name,
           problem ->> 'summary' AS summary, problem ->> 'language' AS language,
           coalesce(problem #>> '{location,address}', problem #>> '{location,district}') AS address
      FROM cases WHERE case_id = ANY($1::uuid[])
"""
# Conditions that the index knows.
_STATUSES: Mapping[str | None, str] = {
    None: "true",
    "waiting": "decision IS NULL",
    "approved": "decision = 'approved'",
    "refused": "decision = 'refused'",
}
_LOCK_SQL = "SELECT * FROM approvals WHERE approval_id = $1 FOR UPDATE"
_COMMANDS_SQL = (
    "SELECT source, command FROM waiting_commands WHERE approval_id = $1 ORDER BY number"
)
_DECIDE_SQL = """
    UPDATE approvals SET decision = $2, decided_by = $3, decided_at = $4 WHERE approval_id = $1
"""


async def insert_waiting(db: Connection, waiting: Sequence[WaitingCommand]) -> None:
    """Store commands that wait, in the transaction that handled them."""
    by_id = attrgetter("approval_id")
    first = [next(group) for _, group in groupby(sorted(waiting, key=by_id), by_id)]
    approvals = [(one.approval_id, one.rule, one.actor, one.requested_at) for one in first]
    await db.execute(_INSERT_SQL, *columns(approvals))
    commands = [(o.approval_id, o.source, pydantic_core.to_json(o.data).decode()) for o in waiting]
    await db.execute(_INSERT_COMMANDS_SQL, *columns(commands))


async def list_approvals(
    db: "Pool | Connection", before: UUID, status: str | None, limit: int
) -> Sequence[ListedApproval]:
    """Return the newest approvals of a status, or of all, with a lower id than ``before``."""
    with translate_errors():
        rows = await db.fetch(_LIST_SQL.format(_STATUSES[status]), before, limit)
        found = [_listed(dict(row)) for row in rows]
        ids = {case_id for one in found for case_id in one.case_ids[:_MOST_NAMED]}
        named = await db.fetch(_NAMES_SQL, uuids(ids))
    names = {row["case_id"]: CaseName(**row) for row in named}
    return [
        one.model_copy(
            update={"cases": tuple(names[c] for c in one.case_ids[:_MOST_NAMED] if c in names)}
        )
        for one in found
    ]


def _listed(row: dict[str, Any]) -> ListedApproval:
    commands = [pydantic_core.from_json(command) for command in row["commands"]]
    return ListedApproval(
        approval_id=str(row["approval_id"]),
        status=row["decision"] or "waiting",
        rule=row["rule"],
        actor=row["actor"],
        reason=commands[0]["reason"],
        command=commands[0]["command"],
        case_ids=[command["case_id"] for command in commands if "case_id" in command],
        surge_id=commands[0].get("surge_id"),
        requested_at=row["requested_at"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
    )


async def lock_approval(
    db: Connection, approval_id: UUID
) -> tuple[Decision | None, Sequence[WaitingCommand]] | None:
    """Lock an approval; return its decision, if any, and its commands; None for an unknown one."""
    row = await db.fetchrow(_LOCK_SQL, approval_id)
    if row is None:
        return None
    waiting = [
        WaitingCommand(
            str(approval_id),
            row["rule"],
            row["requested_at"],
            source,
            row["actor"],
            pydantic_core.from_json(command),
        )
        for source, command in await db.fetch(_COMMANDS_SQL, approval_id)
    ]
    return row["decision"], waiting


async def decide(
    db: Connection, approval_id: UUID, decision: Decision, by: str, now: datetime
) -> None:
    """Store the decision about a locked approval."""
    await db.execute(_DECIDE_SQL, approval_id, decision, by, now)

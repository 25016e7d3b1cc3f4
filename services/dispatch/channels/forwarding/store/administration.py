"""Operators' queries and commands about forwarding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dispatch.records import uuids
from shared.runtime.postgres import Database

_LIST = """
    SELECT work_order_id::text, state, level, attempts, reason, service_request_id,
           tried_at IS NOT NULL AS may_have_arrived
      FROM forwards
     WHERE bureau = $1 AND (state = 'parked' OR state = 'pending' AND attempts > 0)
     ORDER BY state, level, work_order_id
     LIMIT $2
"""
_DIGESTS = """
    SELECT day, state, at, reason FROM digests WHERE bureau = $1 ORDER BY day DESC LIMIT 14
"""
_RETRY = """
    UPDATE forwards
       SET state = 'pending', attempts = 0, first_at = NULL, due_at = '-infinity', reason = NULL
     WHERE bureau = $1 AND work_order_id = ANY($2::uuid[]) AND state = 'parked'
    RETURNING true
"""
_TAKEN = """
    UPDATE forwards SET state = 'sent', service_request_id = $3, reason = NULL
     WHERE bureau = $1 AND work_order_id = ANY($2::uuid[]) AND state = 'parked'
    RETURNING true
"""
_STATUSES = "SELECT work_order_id::text, status FROM work_orders WHERE bureau = $1"
_FORWARDED = """
    SELECT work_order_id::text, work_orders.status, service_request_id
      FROM forwards
      JOIN work_orders USING (work_order_id)
      JOIN cases USING (case_id)
     WHERE forwards.bureau = $1
       AND (state IN ('pending', 'sent', 'parked')
            OR state = 'done' AND coalesce(closed_at > $2, true))
"""


@dataclass(frozen=True, slots=True)
class ForwardedOrder:
    """A work order with its status, and its id in the other system."""

    work_order_id: str
    status: str
    service_request_id: str | None


async def list_waiting(db: Database, bureau: str, limit: int) -> Sequence[dict[str, Any]]:
    """Return what is parked or failed, parked ones first."""
    return [dict(row) for row in await db.fetch(_LIST, bureau, limit)]


async def list_digests(db: Database, bureau: str) -> Sequence[dict[str, Any]]:
    """Return the last digests, newest first, each with the time of its state."""
    return [dict(row) for row in await db.fetch(_DIGESTS, bureau)]


async def retry(db: Database, bureau: str, ids: Sequence[str]) -> int:
    """Retry parked work orders; return how many. Those that may have arrived are searched first."""
    return len(await db.fetch(_RETRY, bureau, uuids(ids)))


async def record_taken(db: Database, bureau: str, id_: str, service_request_id: str) -> bool:
    """Record that a parked work order is in the other system; return False for none parked."""
    return bool(await db.fetch(_TAKEN, bureau, uuids([id_]), service_request_id))


async def order_statuses(db: Database, bureau: str) -> Mapping[str, str]:
    """Return the status of each work order of a bureau by its id."""
    return {row["work_order_id"]: row["status"] for row in await db.fetch(_STATUSES, bureau)}


async def forwarded_orders(
    db: Database, bureau: str, closed_after: datetime
) -> Sequence[ForwardedOrder]:
    """Return a bureau's forwarded work orders, without those done whose case ended earlier."""
    found = await db.fetch(_FORWARDED, bureau, closed_after)
    return [ForwardedOrder(**dict(row)) for row in found]

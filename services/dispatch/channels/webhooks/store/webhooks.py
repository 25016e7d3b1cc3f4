"""Webhooks of the bureaus: their settings, the log of their calls, and replay."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from services.dispatch.records import uuids
from shared.delivery_attempts import Breaker
from shared.runtime.postgres import Connection, Pool, transaction, translate_errors

_PUT = """
    INSERT INTO webhooks (bureau, url, enabled, disabled_reason, secrets, begins_after)
    VALUES ($1, $2, $3, CASE WHEN NOT $3 THEN 'operator' END, ARRAY[$4],
            (SELECT coalesce(max(seq), 0) FROM bureau_events WHERE bureau = $1))
    ON CONFLICT (bureau) DO UPDATE
       SET url = excluded.url, enabled = excluded.enabled,
           disabled_reason = excluded.disabled_reason, failures = 0, probe_at = NULL,
           begins_after = CASE WHEN webhooks.enabled THEN webhooks.begins_after
                               ELSE excluded.begins_after END
    RETURNING url, enabled, secrets
"""
_DUE_ANEW = """
    UPDATE webhook_deliveries SET due_at = '-infinity', first_at = NULL
     WHERE bureau = $1 AND state = 'pending'
"""
_GET = """
    SELECT url, enabled, disabled_reason, failures, probe_at,
           (SELECT min(time)
              FROM unnest(ARRAY['P1', 'P2', 'P3', 'P4', 'P5']) AS each (level)
             CROSS JOIN LATERAL (
                   SELECT time
                     FROM webhook_deliveries AS waiting JOIN bureau_events USING (bureau, seq)
                    WHERE waiting.bureau = webhooks.bureau AND waiting.level = each.level
                      AND state = 'pending'
                    ORDER BY seq LIMIT 1) AS first) AS oldest
      FROM webhooks WHERE bureau = $1
"""
_SECRETS = "SELECT cardinality(secrets) FROM webhooks WHERE bureau = $1 FOR UPDATE"
_ROTATE = """
    UPDATE webhooks SET secrets = secrets || $2::text WHERE bureau = $1
    RETURNING url, enabled, secrets
"""
_RETIRE = """
    UPDATE webhooks SET secrets = secrets[2:] WHERE bureau = $1 RETURNING url, enabled, secrets
"""
_CALLS = """
    SELECT number, event_id::text, case_id::text, at, attempt, status, duration_ms, error
      FROM webhook_calls
     WHERE bureau = $1 AND number > $2{}
     ORDER BY number
     LIMIT $3
"""
_ALL_CALLS = _CALLS.format("")
_CALLS_OF_CASE = _CALLS.format(" AND case_id = $4::uuid")
_EXISTS = "SELECT EXISTS (SELECT FROM webhooks WHERE bureau = $1)"
_REPLAY = """
    WITH replayed AS (
        INSERT INTO webhook_deliveries (bureau, seq, work_order_id, level)
        SELECT bureau, seq, work_order_id, level
          FROM bureau_events
         WHERE bureau = $1 AND {}
        ON CONFLICT (bureau, seq) DO UPDATE
           SET state = 'pending', attempts = 0, first_at = NULL, due_at = '-infinity'
        RETURNING 1
    )
    SELECT count(*) FROM replayed
"""
_REPLAY_IDS = _REPLAY.format("event_id = ANY($2::uuid[])")
_REPLAY_SPAN = _REPLAY.format("time BETWEEN $2 AND $3")

_MAX_SECRETS = 2
# Reason for leaving the secrets of a webhook unchanged.
SecretRefusal: TypeAlias = Literal["no_webhook", "one_secret", "two_secrets"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook with its secrets, the oldest first."""

    url: str
    enabled: bool
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True)
class WebhookState:
    """State of a webhook, disabled by the ``operator`` or because it is ``gone``."""

    url: str
    enabled: bool
    disabled_reason: str | None
    breaker: Breaker
    oldest_undelivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallPage:
    """A page of the log of calls, each with its columns, ``number`` first."""

    calls: Sequence[dict[str, Any]]
    more: bool


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The webhooks of all bureaus; ``lock_bureau`` blocks new events in a transaction."""

    pool: Pool
    lock_bureau: Callable[[Connection, str], Awaitable[None]]

    async def put(self, bureau: str, url: str, secret: str, *, enabled: bool) -> Webhook:
        """Set a webhook, with this secret if it is new; pending events are due if enabled."""
        async with transaction(self.pool) as db:
            await self.lock_bureau(db, bureau)
            [row] = await db.fetch(_PUT, bureau, url, enabled, secret)
            if enabled:
                await db.execute(_DUE_ANEW, bureau)
        return Webhook(**dict(row))

    async def find(self, bureau: str) -> WebhookState | None:
        """Return the state of a webhook; None where the bureau has none."""
        with translate_errors():
            row = await self.pool.fetchrow(_GET, bureau)
        if row is None:
            return None
        breaker = Breaker(row["failures"], row["probe_at"])
        return WebhookState(
            row["url"], row["enabled"], row["disabled_reason"], breaker, row["oldest"]
        )

    async def rotate(self, bureau: str, secret: str) -> Webhook | SecretRefusal:
        """Add a second secret; or return why that is not possible."""
        async with transaction(self.pool) as db:
            count = await db.fetchval(_SECRETS, bureau)
            if count != 1:
                return "two_secrets" if count else "no_webhook"
            [row] = await db.fetch(_ROTATE, bureau, secret)
        return Webhook(**dict(row))

    async def retire(self, bureau: str) -> Webhook | SecretRefusal:
        """Remove the older of two secrets; or return why that is not possible."""
        async with transaction(self.pool) as db:
            count = await db.fetchval(_SECRETS, bureau)
            if count != _MAX_SECRETS:
                return "one_secret" if count else "no_webhook"
            [row] = await db.fetch(_RETIRE, bureau)
        return Webhook(**dict(row))

    async def calls(self, bureau: str, after: int, limit: int, case_id: str | None) -> CallPage:
        """Return the next calls, of one case or all, oldest first."""
        if case_id is not None and not uuids([case_id]):
            return CallPage((), more=False)
        with translate_errors():
            if case_id is None:
                rows = await self.pool.fetch(_ALL_CALLS, bureau, after, limit + 1)
            else:
                rows = await self.pool.fetch(_CALLS_OF_CASE, bureau, after, limit + 1, case_id)
        return CallPage([dict(row) for row in rows[:limit]], len(rows) > limit)

    async def replay_events(self, bureau: str, event_ids: Sequence[str]) -> int | None:
        """Resend events; return how many, None where the bureau has no webhook."""
        return await self._replay(_REPLAY_IDS, bureau, uuids(event_ids))

    async def replay_span(self, bureau: str, since: datetime, until: datetime) -> int | None:
        """Resend the events of a time span; see ``replay_events``."""
        return await self._replay(_REPLAY_SPAN, bureau, since, until)

    async def _replay(self, statement: str, bureau: str, *chosen: object) -> int | None:
        async with transaction(self.pool) as db:
            if not await db.fetchval(_EXISTS, bureau):
                return None
            await self.lock_bureau(db, bureau)
            return int(await db.fetchval(statement, bureau, *chosen))

"""Tables of webhooks: settings, log of calls and replay, and the queue of their deliveries."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from asyncpg import Record

from services.dispatch.records.changes import uuids
from shared.delivery_attempts import READ_AHEAD, Breaker, Outcome, Progress, progress_after
from shared.runtime.postgres import Connection, Pool, columns, transaction, translate_errors

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
_LIST = """
    SELECT bureau, url, enabled, disabled_reason, failures, probe_at,
           (SELECT min(time)
              FROM unnest(ARRAY['P1', 'P2', 'P3', 'P4', 'P5']) AS each (level)
             CROSS JOIN LATERAL (
                   SELECT time
                     FROM webhook_deliveries AS waiting JOIN bureau_events USING (bureau, seq)
                    WHERE waiting.bureau = webhooks.bureau AND waiting.level = each.level
                      AND state = 'pending'
                    ORDER BY seq LIMIT 1) AS first) AS oldest
      FROM webhooks
"""
_GET = f"{_LIST} WHERE bureau = $1"
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
_REPLAY_SQL = """
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
_REPLAY_IDS = _REPLAY_SQL.format("event_id = ANY($2::uuid[])")
_REPLAY_SPAN = _REPLAY_SQL.format("time BETWEEN $2 AND $3")

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


def _state(row: Record) -> WebhookState:
    breaker = Breaker(row["failures"], row["probe_at"])
    return WebhookState(row["url"], row["enabled"], row["disabled_reason"], breaker, row["oldest"])


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
        return _state(row) if row else None

    async def all(self) -> Mapping[str, WebhookState]:
        """Return the state of each webhook by its bureau, in order."""
        with translate_errors():
            rows = await self.pool.fetch(f"{_LIST} ORDER BY bureau")
        return {row["bureau"]: _state(row) for row in rows}

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

    async def calls(
        self, bureau: str, after: int, limit: int, case_id: str | None
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return the next calls, of one case or all, oldest first, and whether there are more."""
        if case_id is not None and not uuids([case_id]):
            return [], False
        with translate_errors():
            if case_id is None:
                rows = await self.pool.fetch(_ALL_CALLS, bureau, after, limit + 1)
            else:
                rows = await self.pool.fetch(_CALLS_OF_CASE, bureau, after, limit + 1, case_id)
        return [dict(row) for row in rows[:limit]], len(rows) > limit

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


_WHENEVER = datetime(9999, 1, 1, tzinfo=UTC)

_LOCK = "SELECT pg_try_advisory_lock(hashtext('webhooks ' || current_schema()), 0)"
_SESSION = "SET idle_session_timeout = '15s'"  # a suspended process loses its lease
_DUE_BUREAUS = """
    SELECT bureau
      FROM webhooks
     WHERE enabled AND (probe_at IS NULL OR probe_at <= $1)
       AND EXISTS (SELECT FROM webhook_deliveries AS waiting
                    WHERE waiting.bureau = webhooks.bureau AND state = 'pending'
                      AND (due_at <= $1 OR probe_at IS NOT NULL))
"""
_WEBHOOK = """
    SELECT url, secrets, enabled, failures, probe_at FROM webhooks WHERE bureau = $1 FOR UPDATE
"""
_NEXT = """
    SELECT seq, event_id::text, case_id::text, payload, attempts, first_at, due_at
      FROM webhook_deliveries AS next JOIN bureau_events USING (bureau, seq)
     WHERE bureau = $1 AND state = 'pending' AND due_at <= $2 AND seq <> ALL($3::bigint[])
       AND NOT EXISTS (SELECT FROM webhook_deliveries AS ahead
                        WHERE ahead.work_order_id = next.work_order_id AND ahead.seq < next.seq
                          AND ahead.state NOT IN ('delivered', 'parked'))
     ORDER BY next.level, seq
     LIMIT $4
"""
_LOG = """
    INSERT INTO webhook_calls (bureau, event_id, case_id, at, attempt, status, duration_ms, error)
    SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::integer[],
                             $6::integer[], $7::integer[], $8::text[])
"""
# By the whole key, and no constant: else its plan would read all that is pending.
_SETTLE = """
    UPDATE webhook_deliveries AS delivery
       SET attempts = done.attempts, first_at = done.first_at, state = done.state,
           due_at = done.due_at
      FROM unnest($1::text[], $2::bigint[], $3::text[], $4::integer[], $5::timestamptz[],
                  $6::text[], $7::timestamptz[])
           AS done (bureau, seq, before, attempts, first_at, state, due_at)
     WHERE delivery.bureau = done.bureau AND delivery.seq = done.seq
       AND delivery.state = done.before
"""
_SET_BREAKER = "UPDATE webhooks SET failures = $2, probe_at = $3 WHERE bureau = $1"
_DISABLE = "UPDATE webhooks SET enabled = false, disabled_reason = 'gone' WHERE bureau = $1"
_ALL_DUE = """
    UPDATE webhook_deliveries SET due_at = $2
     WHERE bureau = $1 AND state = 'pending' AND due_at > $2
"""


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """An event to send to a bureau."""

    seq: int
    event_id: str
    case_id: str
    payload: bytes
    progress: Progress


@dataclass(frozen=True, slots=True)
class Call:
    """A call that ended, with jitter from -1 to 1 for the wait before the next one."""

    delivery: WebhookDelivery
    outcome: Outcome
    jitter: float


@dataclass(frozen=True, slots=True)
class Round:
    """Next deliveries of a bureau, the most urgent first; read ahead while calls succeed."""

    url: str
    secrets: Sequence[str]
    deliveries: Sequence[WebhookDelivery]


async def try_lead(db: Connection) -> bool:
    """Try to become the sending process; the lease ends with this connection."""
    await db.execute(_SESSION)
    return bool(await db.fetchval(_LOCK))


async def due_bureaus(db: Connection, now: datetime) -> Sequence[str]:
    """Return the bureaus whose webhooks may be called now, by the clock of the sending process."""
    return [row["bureau"] for row in await db.fetch(_DUE_BUREAUS, now)]


@dataclass(frozen=True, slots=True)
class WebhookQueue:
    """The deliveries of all bureaus."""

    pool: Pool

    async def next_round(
        self, bureau: str, ended: Sequence[Call], in_flight: Collection[int], now: datetime
    ) -> Round:
        """Record calls that ended, and return due deliveries, in one transaction."""
        async with transaction(self.pool) as db:
            webhook = await db.fetchrow(_WEBHOOK, bureau)
            if webhook is None:
                return Round("", (), ())
            breaker = before = Breaker(webhook["failures"], webhook["probe_at"])
            for call in ended:
                breaker = breaker.after(call.outcome)
            if ended:
                await _record(db, bureau, ended)
            if breaker != before:
                await db.execute(_SET_BREAKER, bureau, breaker.failures, breaker.probe_at)
            if before.probe_at and not breaker.probe_at:
                await db.execute(_ALL_DUE, bureau, now)
            is_gone = any(call.outcome.is_gone for call in ended)
            if is_gone:
                await db.execute(_DISABLE, bureau)
            deliveries = list[WebhookDelivery]()
            if webhook["enabled"] and not is_gone:
                deliveries = await _take(db, bureau, breaker, in_flight, now)
        return Round(webhook["url"], webhook["secrets"], deliveries)


async def _record(db: Connection, bureau: str, ended: Sequence[Call]) -> None:
    settled = [
        (
            call.delivery,
            call.outcome,
            progress_after(call.delivery.progress, call.outcome, call.jitter),
        )
        for call in sorted(ended, key=lambda call: call.outcome.at)
    ]
    logged = [
        (
            delivery.event_id,
            delivery.case_id,
            outcome.at,
            progress.attempts,
            outcome.status,
            outcome.duration_ms,
            outcome.error,
        )
        for delivery, outcome, progress in settled
    ]
    await db.execute(_LOG, bureau, *columns(logged))
    states = [
        (
            bureau,
            delivery.seq,
            delivery.progress.state,
            progress.attempts,
            progress.first_at,
            progress.state,
            progress.due_at,
        )
        for delivery, _, progress in settled
    ]
    await db.execute(_SETTLE, *columns(states))


async def _take(
    db: Connection, bureau: str, breaker: Breaker, in_flight: Collection[int], now: datetime
) -> list[WebhookDelivery]:
    """Return due deliveries; a probe of an open breaker ignores the due time."""
    limit = breaker.slots(len(in_flight), now)
    if limit <= 0:
        return []
    if not breaker.failures:
        limit += READ_AHEAD
    rows = await db.fetch(_NEXT, bureau, now, list(in_flight), limit)
    if not rows and breaker.probe_at:
        rows = await db.fetch(_NEXT, bureau, _WHENEVER, list(in_flight), limit)
    return list(map(_delivery, rows))


def _delivery(row: Record) -> WebhookDelivery:
    progress = Progress(row["attempts"], row["first_at"], "pending", row["due_at"])
    return WebhookDelivery(row["seq"], row["event_id"], row["case_id"], row["payload"], progress)

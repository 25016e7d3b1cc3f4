"""Queue of deliveries to webhooks: settle calls that ended, and take due deliveries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from asyncpg import Record

from shared.delivery_attempts import READ_AHEAD, Breaker, Outcome, Progress, progress_after
from shared.runtime.postgres import Connection, Pool, columns, transaction

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
    """Log the calls, and settle their deliveries."""
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

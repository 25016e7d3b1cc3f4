"""Loading of the services' tables into the fact store; PostgreSQL shapes the rows."""

from collections.abc import Iterator

from shared.runtime.migrate import SERVICES
from shared.runtime.postgres import open_database
from workbench.check.facts.events import HASH_BYTES
from workbench.check.facts.store import FactStore

_FETCH_ROWS = 2_000


def _micros(column: str) -> str:
    return f"(extract(epoch FROM {column}) * 1000000)::bigint"


_SUBMISSIONS = f"""
    SELECT encode(identity, 'hex'), encode(fingerprint, 'hex'), source, submission_id,
           convert_from(receipt, 'UTF8')::json #>> '{{data,request_id}}', receipt_id,
           substring(sha256(receipt) FOR {HASH_BYTES})
      FROM intake.submissions
"""  # noqa: S608 - made of constants
_DECISIONS = f"""
    SELECT request_id::text, case_id::text, outcome, dedup_key, service_code,
           {_micros("observed_at")}, latitude, longitude, address_key, reporter_ref
      FROM triage.decisions
"""  # noqa: S608 - made of constants
_TRIAGE_CASES = f"""
    SELECT case_id::text, dedup_key, service_code, request_id::text, {_micros("opened_at")},
           latitude, longitude, address_key, reporter_ref, {_micros("closed_at")}, version,
           merged_into::text, split_from::text
      FROM triage.cases
"""  # noqa: S608 - made of constants
_CASES = """
    SELECT case_id::text, version, jurisdiction, status, level, score, lead_bureau, request_count
      FROM dispatch.cases
"""
_WORK_ORDERS = f"""
    SELECT work_order_id::text, case_id::text, number, bureau, role, status, version,
           {_micros("acknowledge_by")}, {_micros("complete_by")}, reminded
      FROM dispatch.work_orders
"""  # noqa: S608 - made of constants
_KEPT_SINCE = "now() - interval '29 days'"
"""A day less than feeds and topics keep, as each removes what is old by a clock of its own."""
_FEED = f"""
    SELECT bureau, seq, event_id::text, substring(digest FOR {HASH_BYTES})
      FROM dispatch.bureau_event_digests
"""  # noqa: S608 - made of constants
_WEBHOOK_DELIVERIES = """
    SELECT bureau, seq, state,
           (state = 'pending' AND webhook.enabled AND webhook.probe_at IS NULL
            AND greatest(due_at, event.time) < now() - interval '1 minute'
            AND NOT EXISTS (SELECT FROM dispatch.webhook_deliveries AS ahead
                             WHERE ahead.work_order_id = delivery.work_order_id
                               AND ahead.seq < delivery.seq
                               AND ahead.state NOT IN ('delivered', 'parked'))
            AND NOT EXISTS (SELECT FROM dispatch.webhook_calls AS call
                             WHERE call.bureau = delivery.bureau
                               AND call.at > now() - interval '1 minute'))::integer
      FROM dispatch.webhook_deliveries AS delivery
      JOIN dispatch.webhooks AS webhook USING (bureau)
      JOIN dispatch.bureau_events AS event USING (bureau, seq)
"""
_SETTLED = f"""
    SELECT {_micros("now() - interval '5 minutes'")}, {_micros("now() - interval '2 days'")}
"""
_FORWARDS = """
    SELECT work_order_id::text, bureau, state, attempts, reason,
           (state = 'pending' AND system.probe_at IS NULL
            AND greatest(due_at, not_before) < now() - interval '5 minutes'
            AND system.poll_at < now() + interval '4 minutes'
            AND NOT EXISTS (SELECT FROM dispatch.forwards AS under_way
                             WHERE under_way.bureau = forward.bureau
                               AND under_way.state = 'pending'
                               AND under_way.not_before > now()))::integer
      FROM dispatch.forwards AS forward JOIN dispatch.forward_systems AS system USING (bureau)
"""
_WEBHOOK_CALLS = "SELECT bureau, event_id::text, error FROM dispatch.webhook_calls"
_DELIVERIES = """
    SELECT notification_id::text, person, subject_id::text, version, channel, state,
           request_id::text
      FROM notify.deliveries
"""
_REPORTERS = """
    SELECT request_id::text, has_contact::integer FROM notify.contact_presence
"""
_INSIGHT_REQUESTS = """
    SELECT request_id::text, case_id::text, (submitted_at IS NOT NULL)::integer
      FROM insight.requests
"""
_INSIGHT_CASES = """
    SELECT case_id::text, (SELECT count(*) FROM insight.case_changes AS known
                            WHERE known.case_id = cases.case_id), status, level, bureau
      FROM insight.cases AS cases
"""
_TABLES = {
    "intake_submissions": _SUBMISSIONS,
    "intake_requests": "SELECT request_id::text, jurisdiction, contact FROM intake.requests",
    "intake_contact_rows": "SELECT request_id FROM intake.contact_rows",
    "triage_decisions": _DECISIONS,
    "triage_cases": _TRIAGE_CASES,
    "dispatch_cases": _CASES,
    "dispatch_case_requests": "SELECT request_id::text, case_id::text FROM dispatch.case_requests",
    "dispatch_commands": "SELECT source, command_id, refused_as FROM dispatch.commands",
    "dispatch_work_orders": _WORK_ORDERS,
    "feed_since": f"SELECT {_micros(_KEPT_SINCE)}",
    "feed": _FEED,
    "webhooks": "SELECT bureau, enabled::integer, begins_after FROM dispatch.webhooks",
    "webhook_deliveries": _WEBHOOK_DELIVERIES,
    "webhook_calls": _WEBHOOK_CALLS,
    "settled": _SETTLED,
    "forwards": _FORWARDS,
    "digests": "SELECT bureau, seq FROM dispatch.digests",
    "notify_deliveries": _DELIVERIES,
    "notify_requests": _REPORTERS,
    "notify_sealed": "SELECT id, has_key::integer FROM notify.sealed_contacts",
    "insight_requests": _INSIGHT_REQUESTS,
    "insight_cases": _INSIGHT_CASES,
}


def _outbox(service: str) -> str:
    return f"""
        SELECT '/{service}', event_id, topic, substring(digest FOR {HASH_BYTES}),
               published::integer
          FROM {service}.outbox_digests
    """  # noqa: S608 - a service of ours


def _deferred(service: str) -> str:
    return f"""
        SELECT '{service}', topic || '/' || partition || '/' || record_offset
          FROM {service}.deferred
    """  # noqa: S608 - a service of ours


def _positions(service: str) -> str:
    return f"""
        SELECT '{service}', topic, partition, next_offset FROM {service}.consumer_offset
    """  # noqa: S608 - a service of ours


def _queries() -> Iterator[tuple[str, str]]:
    yield from _TABLES.items()
    for service in SERVICES:
        yield "outbox", _outbox(service)
        yield "deferred", _deferred(service)
        yield "positions", _positions(service)


async def load_tables(dsn: str, store: FactStore) -> None:
    """Load the tables of every service, all from one snapshot."""
    async with (
        open_database(dsn) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        for table, query in _queries():
            cursor = await connection.cursor(query)
            while rows := await cursor.fetch(_FETCH_ROWS):
                store.extend(table, map(tuple, rows))

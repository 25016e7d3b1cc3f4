"""From the services' tables to facts; the database shapes the rows, so that none is copied here."""

from collections.abc import Iterator

import asyncpg

from cli.check.facts.book import FactBook
from cli.check.facts.events import HASH_BYTES
from shared.runtime.migrate import SERVICES

_AT_ONCE = 2_000


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
_KNOWN_CASES = f"""
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
           {_micros("acknowledge_by")}, {_micros("complete_by")}
      FROM dispatch.work_orders
"""  # noqa: S608 - made of constants
_DELIVERIES = """
    SELECT notification_id::text, person, about::text, version, channel, state
      FROM notify.deliveries
"""
_REPORTERS = """
    SELECT request_id::text, (mailbox IS NOT NULL OR name IS NOT NULL)::integer
      FROM notify.requests
"""
_SHAPES = {
    "intake_submissions": _SUBMISSIONS,
    "intake_requests": "SELECT request_id::text, jurisdiction FROM intake.requests",
    "triage_decisions": _DECISIONS,
    "triage_cases": _KNOWN_CASES,
    "dispatch_cases": _CASES,
    "dispatch_case_requests": "SELECT request_id::text, case_id::text FROM dispatch.case_requests",
    "dispatch_commands": "SELECT source, command_id, refused_as FROM dispatch.commands",
    "dispatch_work_orders": _WORK_ORDERS,
    "notify_deliveries": _DELIVERIES,
    "notify_requests": _REPORTERS,
}


def _outbox(service: str) -> str:
    return f"""
        SELECT '/{service}', event_id, topic, substring(sha256(value) FOR {HASH_BYTES}),
               published::integer
          FROM {service}.outbox
    """  # noqa: S608 - a service of ours


def _set_aside(service: str) -> str:
    return f"""
        SELECT '{service}', topic || '/' || partition || '/' || record_offset
          FROM {service}.deferred
    """  # noqa: S608 - a service of ours


def _positions(service: str) -> str:
    return f"""
        SELECT '{service}', topic, partition, next_offset FROM {service}.consumer_offset
    """  # noqa: S608 - a service of ours


def _selections() -> Iterator[tuple[str, str]]:
    yield from _SHAPES.items()
    for service in SERVICES:
        yield "outbox", _outbox(service)
        yield "set_aside", _set_aside(service)
        yield "positions", _positions(service)


async def take_tables(admin_dsn: str, book: FactBook) -> None:
    """Note what every service keeps, all as of one moment."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for table, selection in _selections():
                cursor = await connection.cursor(selection)
                while rows := await cursor.fetch(_AT_ONCE):
                    book.extend(table, map(tuple, rows))
    finally:
        await connection.close()

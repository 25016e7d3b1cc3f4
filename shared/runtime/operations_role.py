"""The database role of commands that only read, such as ``status`` and ``check``.

It can read the columns listed here and write nothing. They hold no contact, no text of a report,
no key hash and no bytes of a message. Add columns here that such a command needs.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from shared.runtime.postgres import Database

ROLE = "route311_operations"

# By table: columns separated by commas, or an empty text for all.
Columns: TypeAlias = Mapping[str, str]

_OF_EVERY_SERVICE: Columns = MappingProxyType(
    {
        "migrations": "",
        "consumer_offset": "",
        "replays": "",
        "outbox": "seq, event_id, topic, published, created_at",
        "outbox_digests": "",
        "outbox_waiting": "",
        "deferred": "seq, topic, partition, record_offset, timestamp, code, attempts, deferred_at, "
        "crashes",
        "garbage": "",
    }
)
_OF_SERVICE: Mapping[str, Columns] = MappingProxyType(
    {
        "intake": {
            "requests": "request_id, tracking_number, public_id, jurisdiction, service_code, "
            "submitted_at, decided_at, outcome, case_id, joined_at, moves, contact",
            "submissions": "identity, fingerprint, first, source, submission_id, received_at, "
            "receipt_id, receipt, time_replaced",
            "contact_rows": "",
            "erased_records": "",
        },
        "triage": {
            "decisions": "request_id, case_id, outcome, dedup_key, service_code, observed_at, "
            "latitude, longitude, address_key, reporter_ref",
            "cases": "case_id, dedup_key, service_code, request_id, opened_at, latitude, "
            "longitude, address_key, reporter_ref, closed_at, version, merged_into, split_from",
        },
        "dispatch": {
            "cases": "case_id, version, jurisdiction, service_code, status, level, score, "
            "lead_bureau, request_count, first_reported_at, last_reported_at, closed_at",
            "case_requests": "request_id, case_id, moves",
            "commands": "source, command_id, refused_as, taken_at",
            "history": "case_id, what",
            "work_orders": "",
            "bureau_events": "bureau, seq, event_id, time",
            "bureau_event_digests": "",
            "webhooks": "bureau, enabled, probe_at, begins_after",
            "webhook_deliveries": "",
            "webhook_calls": "",
            "forwards": "",
            "forward_systems": "bureau, probe_at, poll_at",
            "digests": "bureau, seq",
        },
        "notify": {
            "deliveries": "",
            "contact_presence": "",
            "sealed_contacts": "",
            "contact_keys": "secret_id",
        },
        "insight": {"requests": "", "case_changes": "", "cases": ""},
    }
)


async def create_role(connection: Database) -> None:
    """Create the role if it is missing; it cannot log in before it gets a password."""
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", ROLE):
        await connection.execute(f"CREATE ROLE {ROLE} NOLOGIN")
    await connection.execute(f"ALTER ROLE {ROLE} SET default_transaction_read_only = on")


async def grant_reading(connection: Database, service: str) -> None:
    """Grant the role the listed columns of a service's schema, as its owner, and nothing else.

    A table that the schema does not have yet is left out.
    """
    await connection.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {service} FROM {ROLE}")
    await connection.execute(f"GRANT USAGE ON SCHEMA {service} TO {ROLE}")
    own = _OF_SERVICE.get(service)
    readable = {"migrations": ""} if own is None else {**_OF_EVERY_SERVICE, **own}
    for table, columns in readable.items():
        listed = f" ({columns})" if columns else ""
        if await connection.fetchval("SELECT to_regclass($1)", f"{service}.{table}") is None:
            continue
        await connection.execute(f"GRANT SELECT{listed} ON {service}.{table} TO {ROLE}")

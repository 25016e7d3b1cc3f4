"""Statements of a batch look rows up by an index, however large the tables are."""

import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import asyncpg
import pytest

from console.store import ConsoleStore
from services.dispatch.channels.operator_api.cases import CaseQuery, KnownCodes
from services.dispatch.handlers.incoming import on_messages as dispatch_messages
from services.dispatch.records.answers import CasePosition
from services.dispatch.store.approvals import list_approvals
from services.dispatch.store.cases import list_cases
from services.dispatch.store.events import keep_events
from services.dispatch.store.postgres import PostgresDispatchStore
from services.intake.public_status.projection import PictureRules, project_events
from services.intake.public_status.store import PostgresPublicStatuses
from services.notify.handlers import on_messages as notify_messages
from services.notify.records import MessageState
from services.notify.store.deliveries import messages_in_state
from services.notify.store.notifications import PostgresNotificationStore
from services.triage.handlers import on_messages as triage_messages
from services.triage.store.cases import PostgresTriageStore
from shared.contract.events import Event, new_id
from shared.runtime.consumer.messages import Message
from shared.runtime.postgres import Connection, open_pool, transaction
from tests.support.builders import NOON, contact_given, request_submitted
from tests.support.databases import Database
from tests.support.dispatch import factories as dispatch
from tests.support.notify import factories as notify
from tests.support.records import record
from tests.support.triage import factories as triage

pytestmark = pytest.mark.integration

STORED = 20_000
BATCH = 200
FILL = {
    "intake": """
        WITH stored AS (
            INSERT INTO requests (request_id, tracking_number, jurisdiction, service_code,
                                  submitted_at)
            SELECT gen_random_uuid(), number, 'portland.gov', 'ROW-POTHOLE', now()
              FROM generate_series(1, $1) AS number
            RETURNING request_id, jurisdiction, service_code, submitted_at)
        INSERT INTO listed_requests (request_id, jurisdiction, service_code, submitted_at,
                                     updated_at, description)
        SELECT request_id, jurisdiction, service_code, submitted_at, submitted_at, '' FROM stored
    """,
    "triage": """
        WITH opened AS (
            INSERT INTO cases (case_id, dedup_key, service_code, request_id, opened_at,
                               latitude, longitude)
            SELECT gen_random_uuid(), 'rivertown.gov:campsite', 'CAMP', gen_random_uuid(), now(),
                   45.4 + random() / 5, -122.8 + random() / 5
              FROM generate_series(1, $1)
            RETURNING case_id, request_id, opened_at)
        INSERT INTO decisions (request_id, case_id, outcome, dedup_key, service_code, observed_at)
        SELECT request_id, case_id, 'new', 'rivertown.gov:campsite', 'CAMP', opened_at FROM opened
    """,
    "dispatch": """
        WITH opened AS (
            INSERT INTO cases (case_id, version, jurisdiction, dedup_group, service_code, status,
                               level, score, reasons, lead_bureau, request_count,
                               first_reported_at, last_reported_at, opened_by, problem)
            SELECT gen_random_uuid(), 1, 'harbour.gov', 'pavement', 'POTHOLE', 'open', 'P4', 1,
                   '[]', 'ROADS', 1, now(), now(), gen_random_uuid(),
                   '{"service_name": "Pothole", "summary": "Deep hole", "notes": [], "media": [],
                     "location": {"precision": "none"}, "attributes": {}}'
              FROM generate_series(1, $1)
            RETURNING case_id, opened_by),
        joined AS (INSERT INTO case_requests SELECT opened_by, case_id FROM opened)
        INSERT INTO work_orders (work_order_id, case_id, number, bureau, role, status, version,
                                 acknowledge_by, complete_by, route_rule)
        SELECT gen_random_uuid(), case_id, 1, 'ROADS', 'lead', 'new', 1, now(), now(), 'lead'
          FROM opened
    """,
    "notify": """
        WITH joined AS (
            INSERT INTO requests (request_id) SELECT gen_random_uuid() FROM generate_series(1, $1)
            RETURNING request_id),
        followed AS (
            INSERT INTO memberships SELECT gen_random_uuid(), request_id, 1, NULL FROM joined)
        INSERT INTO deliveries (notification_id, person, request_id, subject_id, version, channel,
                                template, language, priority, state, due_at, not_before)
        SELECT gen_random_uuid(), 'ana', request_id, gen_random_uuid(), 1, 'email', 'received',
               'en', 'P4', 'sent', now(), now()
          FROM joined
    """,
}


class Plans:
    """Collects the plan of each statement of a connection; the statement is its ``Query Text``."""

    def __init__(self) -> None:
        self.plans: list[dict[str, Any]] = []

    def __call__(self, _: object, message: Any) -> None:
        text: str = message.message
        self.plans.append(json.loads(text[text.index("{") :]))

    def scans(self) -> list[str]:
        """Return the scans of whole tables and indexes, each with its statement."""
        return [
            f"{node['Node Type']} of {node['Relation Name']}: {plan['Query Text']}"
            for plan in self.plans
            for node in _nodes(plan["Plan"])
            if "Scan" in node["Node Type"]
            and not node.get("Relation Name", "pg_").startswith("pg_")  # asyncpg asks for types
            and not _is_lookup(node)
        ]

    def conditions(self) -> list[str]:
        """Return the conditions of the index scans."""
        nodes = (node for plan in self.plans for node in _nodes(plan["Plan"]))
        return [node["Index Cond"] for node in nodes if "Index Cond" in node]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _is_lookup(node: dict[str, Any]) -> bool:
    """Return True when each index that the scan reads has a condition; bitmaps may be nested."""
    return all("Index Cond" in one for one in _nodes(node) if "Plans" not in one)


@asynccontextmanager
async def explained(
    database: Database, service: str, fill: str = ""
) -> AsyncGenerator[tuple[Connection, Plans]]:
    """Yield a connection of the service to full tables, and the plans of what it executes."""
    admin = await asyncpg.connect(database.admin_dsn, server_settings={"search_path": service})
    await admin.execute((fill or FILL[service]).replace("$1", str(STORED)))
    for name, value in (
        ("session_preload_libraries", "auto_explain"),
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_format", "json"),
        ("auto_explain.log_level", "notice"),
    ):
        await admin.execute(f"ALTER DATABASE {database.name} SET {name} = '{value}'")
    await admin.close()
    plans = Plans()
    async with open_pool(database.dsn(service)) as pool, transaction(pool) as db:
        db.add_log_listener(plans)
        yield db, plans
        db.remove_log_listener(plans)
    assert plans.plans


def messages(*events: Event) -> Sequence[Message[Any]]:
    return [Message(record(), event) for event in events]


async def test_intake_shows_what_became_of_requests(database: Database) -> None:
    ids = [(new_id(), new_id()) for _ in range(BATCH)]
    async with explained(database, "intake") as (db, plans):
        statuses, rules = PostgresPublicStatuses(db), PictureRules("https://311.example.org")
        await project_events(messages(*(notify.triaged(r, c) for r, c in ids)), statuses, rules)
        await project_events(messages(*(notify.opened(r, c) for r, c in ids)), statuses, rules)

    assert plans.scans() == []


async def test_triage_decides(database: Database) -> None:
    events = [request_submitted(triage.in_rivertown()) for _ in range(BATCH)]
    async with explained(database, "triage") as (db, plans):
        await triage_messages(messages(*events), PostgresTriageStore(db), triage.POLICY, NOON)

    assert [scan for scan in plans.scans() if " of surges:" not in scan] == []


async def test_dispatch_opens_and_joins_cases(database: Database) -> None:
    events = [dispatch.triaged() for _ in range(BATCH)]
    again = [dispatch.triaged(event.data.case_id) for event in events]
    order_ids = [new_id() for _ in range(BATCH)]
    async with explained(database, "dispatch") as (db, plans):
        store = PostgresDispatchStore(db)
        for batch in (events, again):
            produced = await dispatch_messages(messages(*batch), store, dispatch.POLICY, NOON)
            await keep_events(db, produced)
        await store.load((), order_ids)
        await db.fetch("SELECT case_id FROM surge_cases WHERE surge_id = $1", new_id())

    assert plans.scans() == []


async def test_operators_filter_cases(database: Database) -> None:
    codes = KnownCodes({"ROADS"}, {"POTHOLE"})
    async with explained(database, "dispatch") as (db, plans):
        for query in (
            {},
            {"status": "completed"},
            {"priority": "P1"},
            {"bureau": "ROADS"},
            {"kind": "POTHOLE"},
            {"district": "North"},
            {"q": "4th Ave"},
            {"bbox": "-122.7,45.5,-122.6,45.6"},
            {"surge": new_id()},
            {"overdue": "true"},
            {"overdue": "false"},
            {"assignee": "Kim,Lee"},
            {"unsure": "true"},
            {"held": "true"},
            {"held": "false"},
            {"language": "so"},
            {"channel": "phone,walk_in"},
            {"since": "2027-11-24T00:00:00Z"},
            {"until": "2019-11-24T00:00:00Z"},
            {"order": "oldest"},
            {"order": "due"},
            {"order": "urgent"},
            {"order": "urgent", "status": "open,acknowledged", "held": "false"},
            {"order": "due", "status": "open,acknowledged"},
            {"status": "open", "priority": "P1", "bureau": "ROADS", "q": "hole"},
        ):
            wanted = CaseQuery.model_validate(query, context=codes)
            await list_cases(db, wanted, CasePosition.start(wanted.order), 100, NOON)

    assert plans.scans() == []


async def test_operators_list_approvals(database: Database) -> None:
    fill = """
        WITH decided AS (
            INSERT INTO approvals (approval_id, rule, actor, requested_at, decision)
            SELECT gen_random_uuid(), 'lower_p1', 'Kim', now(), 'approved'
              FROM generate_series(1, $1)
            RETURNING approval_id)
        INSERT INTO waiting_commands (approval_id, source, command)
        SELECT approval_id, '/http/console',
               '{"command": "lower_priority", "reason": "No wire", "case_id": "x"}'
          FROM decided
    """
    async with explained(database, "dispatch", fill) as (db, plans):
        for status in ("waiting", "approved", "refused", None):
            await list_approvals(db, UUID(int=2**128 - 1), status, 100)

    assert plans.scans() == []
    for status in ("IS NULL", "= 'approved'", "= 'refused'"):
        assert any(f"(decision {status}" in one for one in plans.conditions()), status


async def test_the_console_counts_what_an_agent_did_today(database: Database) -> None:
    fill = """
        INSERT INTO audit (name, action, at)
        SELECT 'kim', 'desk_request', now() - number * interval '1 hour'
          FROM generate_series(1, $1) AS number
    """
    async with explained(database, "console", fill) as (db, plans):
        store = ConsoleStore(db, timedelta(1), timedelta(1))  # type: ignore[arg-type] # its calls
        await store.counts_today("kim", "desk_", "America/Los_Angeles")
        await store.audit(name="kim")

    assert plans.scans() == []
    assert any("(at >= " in one for one in plans.conditions())  # not all that kim ever did


async def test_notify_learns_of_contacts_decisions_and_cases(database: Database) -> None:
    ids = [(new_id(), new_id()) for _ in range(BATCH)]
    async with explained(database, "notify") as (db, plans):
        store = PostgresNotificationStore(db, notify.SEALER)
        for batch in (
            [contact_given(r) for r, _ in ids],
            [notify.triaged(r, c) for r, c in ids],
            [notify.opened(r, c) for r, c in ids],
            [notify.moved(c, 2, "in_progress") for _, c in ids],
        ):
            await notify_messages(messages(*batch), store, notify.POLICY, NOON)

    assert plans.scans() == []


async def test_operators_list_messages_by_state(database: Database) -> None:
    async with explained(database, "notify") as (db, plans):
        for state in get_args(MessageState):
            await messages_in_state(db, state, UUID(new_id()), 100)

    assert plans.scans() == []

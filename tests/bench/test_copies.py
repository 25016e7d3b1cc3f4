"""Copies of rows that fill the tables of a benchmark, in a real PostgreSQL without services."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.site import open_site
from shared.runtime.migrate import migrate, set_passwords
from shared.runtime.postgres import Database, open_database
from workbench.bench.copies import add_copies, keep_originals, settle_tables
from workbench.bench.database import executed_statements, load_statistics, reset_statistics
from workbench.bench.size import city_area

pytestmark = pytest.mark.integration

ONE_CASE = """
    INSERT INTO triage.cases (case_id, dedup_key, service_code, request_id, opened_at, latitude,
                              longitude, reporter_ref)
    VALUES (md5('case')::uuid, 'portland.gov:campsite', 'CAMP', md5('request')::uuid, now(),
            45.5, -122.6, 'someone');
    INSERT INTO dispatch.cases (case_id, version, jurisdiction, dedup_group, service_code, status,
                                level, score, reasons, lead_bureau, request_count,
                                first_reported_at, last_reported_at, opened_by, problem)
    VALUES (md5('case')::uuid, 1, 'portland.gov', 'campsite', 'CAMP', 'open', 'P4', 1, '[]', 'HRP',
            1, now(), now(), md5('request')::uuid, '{}');
    INSERT INTO dispatch.case_requests (request_id, case_id)
    VALUES (md5('request')::uuid, md5('case')::uuid);
    INSERT INTO intake.requests (request_id, tracking_number, jurisdiction, service_code,
                                 submitted_at)
    VALUES (md5('request')::uuid, '26-AAAA-A1', 'portland.gov', 'CAMP', now());
"""
BELONGING = """
    SELECT c.status, t.closed_at IS NOT NULL AS is_closed, count(*)
      FROM dispatch.cases AS c JOIN dispatch.case_requests AS joined USING (case_id)
      JOIN triage.cases AS t USING (case_id, request_id)
      JOIN intake.requests AS r USING (request_id)
     GROUP BY 1, 2
     ORDER BY 1
"""
PASSWORD = "only-for-these-tests"  # noqa: S105 - the server lives as long as a test


@pytest.fixture
async def db(tmp_path: Path) -> AsyncGenerator[Database]:
    await load_statistics(tmp_path / "data")
    async with open_site(tmp_path / "data") as site, running_postgres(site) as process:
        dsn = admin_dsn(site, process)
        await migrate(dsn)
        await set_passwords(dsn, {"triage": PASSWORD})
        async with open_database(dsn) as connection:
            yield connection


async def test_copies_are_cases_of_their_own_that_belong_together(db: Database) -> None:
    await db.execute(ONE_CASE)

    assert await keep_originals(db) == 1
    await add_copies(db, 1, 3, city_area(4), closed=False)
    await add_copies(db, 4, 9, city_area(10), closed=True)
    await settle_tables(db)

    belonging = [tuple(row) for row in await db.fetch(BELONGING)]
    assert belonging == [("completed", True, 6), ("open", False, 4)]
    assert await db.fetchval("SELECT count(DISTINCT reporter_ref) FROM triage.cases") == 10
    assert await db.fetchval("SELECT count(DISTINCT latitude) FROM triage.cases") == 10


async def test_statements_are_counted_by_service_since_the_reset(db: Database) -> None:
    address = await db.fetchval("SELECT inet_server_addr()::text || ':' || inet_server_port()")
    dsn = f"postgresql://route311_triage:{PASSWORD}@{address.replace('/32', '')}/postgres"
    async with open_database(dsn) as triage:
        await triage.fetch("SELECT count(*) FROM surges")
        state = await reset_statistics(db)
        for _ in range(3):
            await triage.fetch("SELECT count(*) FROM cases WHERE service_code = $1", "CAMP")
        await db.fetch("SELECT 1")

    statements = await executed_statements(db)

    counted = [one for one in statements if "count" in one.query]
    assert [(one.service, one.calls) for one in counted] == [("triage", 3)]
    assert "CAMP" not in counted[0].query
    services = {"intake", "triage", "dispatch", "notify", "insight"}
    assert state.disk_bytes.keys() == {*services, "outbox"}

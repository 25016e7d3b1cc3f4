"""Contacts of closed cases are erased after their term, by the path of every erasure."""

from datetime import datetime, timedelta

import pytest

from services.intake.public_status.store import PostgresPublicStatuses
from services.intake.records.public import CaseLink, PublicDecision, PublicRequest, StatusChange
from services.intake.store.submissions import PostgresSubmissions
from services.intake.workers import Retention
from shared.contract.events import new_id
from shared.contract.topics import INTAKE_CONTACTS
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.postgres import Pool, transaction
from tests.support.builders import NOON, contact_given

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
LATER = NOON + 500 * DAY


async def reported(
    pool: Pool, *statuses: tuple[str, datetime], outcome: str = "new", contact: bool = True
) -> str:
    """Store a request whose case took these steps; without any it has no case."""
    request_id, case_id = new_id(), new_id()
    request = PublicRequest(
        request_id,
        f"26-{request_id[-9:]}",
        "portland.gov",
        "X",
        NOON,
        None,
        None,
        None,
        has_contact=contact,
    )
    steps = [
        StatusChange(case_id, version, status, at, "PBOT")
        for version, (status, at) in enumerate(statuses, 1)
    ]
    async with transaction(pool) as db:
        await PostgresSubmissions(db).add([], [request])
        await enqueue(db, [contact_given(request_id)] if contact else [])
        public = PostgresPublicStatuses(db)
        await public.save_requests(
            [PublicDecision(request_id, NOON, outcome)],
            [CaseLink(request_id, case_id, NOON)] if steps else [],
        )
        await public.save_changes(steps)
    return request_id


async def sweep(pool: Pool, now: datetime = LATER, **options: int) -> int:
    return await Retention(pool, lambda: now, 400 * DAY, **options).sweep_contacts()


async def erased(pool: Pool) -> set[str]:
    rows = await pool.fetch("SELECT request_id FROM requests WHERE contact = 'erased'")
    return {str(row["request_id"]) for row in rows}


async def test_a_contact_goes_400_days_after_its_case_closed_and_no_earlier(pool: Pool) -> None:
    closed_at = NOON + 10 * DAY
    request_id = await reported(pool, ("open", NOON), ("completed", closed_at))

    assert await sweep(pool, closed_at + 400 * DAY) == 0
    assert await sweep(pool, closed_at + 400 * DAY + timedelta(seconds=1)) == 1

    rows = await pool.fetch("SELECT topic, key, value FROM outbox")
    assert [tuple(row) for row in rows] == [(INTAKE_CONTACTS.name, request_id.encode(), None)]
    assert await erased(pool) == {request_id}
    assert await sweep(pool) == 0


@pytest.mark.parametrize(
    ("statuses", "outcome", "contact", "goes"),
    [
        pytest.param([("open", NOON)], "new", True, False, id="open"),
        pytest.param(
            [("completed", NOON), ("open", NOON + DAY)], "new", True, False, id="reopened"
        ),
        pytest.param([("declined", NOON)], "new", True, True, id="declined"),
        pytest.param([], "answered", True, True, id="without a case"),
        pytest.param([("completed", NOON)], "new", False, False, id="anonymous"),
    ],
)
async def test_only_what_is_over_goes(
    pool: Pool, statuses: list[tuple[str, datetime]], outcome: str, contact: bool, goes: bool
) -> None:
    await reported(pool, *statuses, outcome=outcome, contact=contact)

    assert await sweep(pool) == goes


async def test_a_sweep_goes_through_all_in_batches(pool: Pool) -> None:
    kept = {await reported(pool, ("open", NOON)) for _ in range(4)}
    gone = {await reported(pool, ("completed", NOON)) for _ in range(4)}

    assert await sweep(pool, batch_size=3) == 4
    assert await erased(pool) == gone
    assert not kept & gone


async def test_the_search_for_what_is_due_uses_an_index(pool: Pool) -> None:
    async with transaction(pool) as db:
        await db.execute("SET LOCAL enable_seqscan = off")  # the table is empty
        plan = await db.fetch(
            "EXPLAIN SELECT FROM requests WHERE contact = 'given' AND submitted_at < now()"
            " ORDER BY submitted_at, request_id LIMIT 1000"
        )

    assert any("requests_with_contact" in row[0] for row in plan)

"""Intake's tables in PostgreSQL: what only a database can show."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from secrets import randbelow
from typing import Any

import pytest

from services.intake.identifiers import (
    CAPACITY,
    idempotency_key,
    payload_hash,
    public_id,
    tracking_number,
)
from services.intake.public_status.store import PostgresPublicStatuses, find_status
from services.intake.records.public import CaseLink, PublicDecision, PublicRequest, StatusChange
from services.intake.records.submissions import Receipt, StoredSubmission
from services.intake.store.submissions import PostgresSubmissions
from services.intake.workers import REJECTED_RETENTION, Retention
from shared.contract.events import new_id
from shared.errors import DatabaseBusyError
from shared.runtime.postgres import Pool, transaction
from tests.support.builders import NOON

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)


def stored_submission(id: str = "7", data: object = "data", **changes: Any) -> StoredSubmission:
    fields: dict[str, Any] = {
        "key": (idempotency_key("/test", id), payload_hash(data)),
        "first": True,
        "source": "/test",
        "submission_id": id,
        "received_at": NOON,
        "receipt": Receipt(new_id(), b"receipt"),
        "body": None,
        "time_replaced": False,
    }
    return StoredSubmission(**(fields | changes))


def request(number: str = "26-7KQ4-M2", **changes: Any) -> PublicRequest:
    fields: dict[str, Any] = {
        "request_id": new_id(),
        "tracking_number": number,
        "jurisdiction": "portland.gov",
        "service_code": "ROW-POTHOLE",
        "submitted_at": NOON,
        "address": "5 Main St",
        "latitude": 45.519,
        "longitude": -122.679,
        "public_id": public_id(randbelow(CAPACITY)),
    }
    return PublicRequest(**(fields | changes))


async def add(
    pool: Pool, *submissions: StoredSubmission, requests: list[PublicRequest] | None = None
) -> None:
    async with transaction(pool) as db:
        await PostgresSubmissions(db).add(submissions, requests or [])


async def receipts(pool: Pool, *ids: str) -> set[Receipt]:
    async with transaction(pool) as db:
        keys = [idempotency_key("/test", of) for of in ids]
        return set((await PostgresSubmissions(db).receipts(keys)).values())


async def test_the_answers_under_an_identity_come_back(pool: Pool) -> None:
    first, second = stored_submission(), stored_submission(data="other", first=False)
    await add(pool, first, second, stored_submission("8"))

    assert await receipts(pool, "7", "9") == {first.receipt, second.receipt}


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(stored_submission(), id="the same data"),
        pytest.param(stored_submission(data="other"), id="other data, first as well"),
    ],
)
async def test_two_members_cannot_both_be_the_first_to_answer(
    pool: Pool, second: StoredSubmission
) -> None:
    await add(pool, stored_submission())

    with pytest.raises(DatabaseBusyError):
        await add(pool, second)


async def test_a_tracking_number_in_use_is_refused_and_a_retry_takes_another(pool: Pool) -> None:
    await add(pool, stored_submission(), requests=[request()])

    with pytest.raises(DatabaseBusyError):
        await add(pool, stored_submission("8"), requests=[request()])

    assert not await receipts(pool, "8")


async def test_from_all_serial_numbers_of_a_day_but_one_nothing_tells_the_last(pool: Pool) -> None:
    async with transaction(pool) as db:
        day = [*PostgresSubmissions(db).serials(101), *PostgresSubmissions(db).serials(100)]
    steps = Counter((b - a) % CAPACITY for n, a in enumerate(day) for b in day[n + 1 :])
    numbers = [tracking_number(serial, 2026) for serial in day]

    assert max(steps.values()) == 1
    assert min(b - a for a, b in pairwise(sorted(day))) > 1_000
    assert len({number[:7] for number in numbers}) > 190
    assert {len(number) for number in numbers} == {14}


async def test_rejected_submissions_are_forgotten_after_30_days_and_no_others(pool: Pool) -> None:
    just_old = NOON - REJECTED_RETENTION - timedelta(seconds=1)
    old = stored_submission("old", body=b"rejected", received_at=just_old)
    young = stored_submission("young", body=b"rejected", received_at=NOON - REJECTED_RETENTION)
    accepted = stored_submission("accepted", received_at=just_old)
    await add(pool, old, young, accepted)

    assert await Retention(pool, lambda: NOON).sweep() == 1
    assert await receipts(pool, "old", "young", "accepted") == {young.receipt, accepted.receipt}


async def follow(
    pool: Pool,
    *,
    decisions: tuple[PublicDecision, ...] = (),
    links: tuple[CaseLink, ...] = (),
    changes: tuple[StatusChange, ...] = (),
) -> None:
    async with transaction(pool) as db:
        statuses = PostgresPublicStatuses(db)
        await statuses.save_requests(decisions, links)
        await statuses.save_changes(changes)


async def test_a_request_comes_back_with_what_became_of_it(pool: Pool) -> None:
    made, case_id = request(), new_id()
    decision = PublicDecision(made.request_id, NOON, "new", "State Roads", "511", "https://x.org")
    changes = tuple(
        StatusChange(
            case_id, version, status, NOON + version * HOUR, "STREETS", "a note", NOON, not_fixed
        )
        for version, status, not_fixed in (
            (1, "open", False),
            (3, "completed", False),
            (4, "open", True),
        )
    )
    await add(pool, requests=[made])
    fresh = await find_status(pool, made.tracking_number)
    joined = CaseLink(made.request_id, case_id, NOON)
    await follow(pool, decisions=(decision,), links=(joined,), changes=changes[::-1])
    later = await find_status(pool, made.tracking_number)

    assert fresh is not None
    assert (fresh.request, fresh.decision, fresh.changes) == (made, None, ())
    assert later is not None
    assert (later.request, later.decision, later.changes) == (made, decision, changes)


async def test_the_case_that_a_decision_named_is_written_once(pool: Pool) -> None:
    made, case_id = request(), new_id()
    await add(pool, requests=[made])
    decided = CaseLink(made.request_id, case_id, NOON)
    opened = CaseLink(made.request_id, case_id, NOON + HOUR)
    await follow(pool, decisions=(PublicDecision(made.request_id, NOON, "new"),), links=(decided,))
    version = await pool.fetchval("SELECT xmin FROM requests")
    await follow(pool, links=(opened,))
    await follow(pool, decisions=(PublicDecision(made.request_id, NOON, "new"),), links=(decided,))

    assert await pool.fetchval("SELECT xmin FROM requests") == version


async def test_a_decision_after_its_case_keeps_the_case(pool: Pool) -> None:
    made, case_id = request(), new_id()
    await add(pool, requests=[made])
    change = StatusChange(case_id, 1, "open", NOON, "STREETS")
    moved = CaseLink(made.request_id, case_id, NOON + HOUR, moves=1)
    await follow(pool, links=(moved,), changes=(change,))
    decision = PublicDecision(made.request_id, NOON, "new")
    decided = CaseLink(made.request_id, new_id(), NOON + 2 * HOUR)
    await follow(pool, decisions=(decision,), links=(decided,))

    status = await find_status(pool, made.tracking_number)
    assert status is not None
    assert (status.decision, status.changes, status.was_moved) == (decision, (change,), True)


async def test_a_number_that_nobody_has_is_not_found(pool: Pool) -> None:
    assert await find_status(pool, "26-7KQ4-M2") is None


async def test_the_latest_membership_counts_in_whatever_order_they_come(pool: Pool) -> None:
    made = request()
    await add(pool, requests=[made])
    cases = [new_id() for _ in range(3)]
    changes = tuple(StatusChange(case_id, 1, "open", NOON, case_id) for case_id in cases)
    old, new, between = (
        CaseLink(made.request_id, case_id, NOON + n * HOUR)
        for case_id, n in zip(cases, (0, 2, 1), strict=True)
    )
    await follow(pool, changes=changes, links=(new, old))
    await follow(pool, links=(between,))

    status = await find_status(pool, made.tracking_number)
    assert status is not None
    assert [change.bureau for change in status.changes] == [new.case_id]


async def test_the_same_step_again_changes_nothing(pool: Pool) -> None:
    made, case_id = request(), new_id()
    await add(pool, requests=[made])
    change = StatusChange(case_id, 1, "open", NOON, "STREETS")
    again = StatusChange(case_id, 1, "completed", NOON, "STREETS")
    joined = CaseLink(made.request_id, case_id, NOON)
    await follow(pool, links=(joined,), changes=(change, change))
    await follow(pool, changes=(again,))

    status = await find_status(pool, made.tracking_number)
    assert status is not None
    assert status.changes == (change,)


async def test_what_became_of_a_request_that_nobody_made_here_is_left_out(pool: Pool) -> None:
    await follow(
        pool,
        decisions=(PublicDecision(new_id(), NOON, "new"),),
        links=(CaseLink(new_id(), new_id(), NOON),),
    )

    assert await find_status(pool, "26-7KQ4-M2") is None


async def test_bodies_of_rejected_submissions_beyond_their_bytes_are_not_kept(pool: Pool) -> None:
    async with transaction(pool) as db:
        store = PostgresSubmissions(db, 25)
        await store.add([stored_submission(str(n), body=b"x" * 10) for n in range(4)], [])
        await store.add([stored_submission("accepted")], [])
    async with transaction(pool) as db:
        await PostgresSubmissions(db, 25).add([stored_submission("later", body=b"x" * 10)], [])

    rows = await pool.fetch("SELECT body FROM submissions")
    bodies = sorted(row["body"] for row in rows if row["body"] is not None)
    assert bodies == [b"", b"", b"", b"x" * 10, b"x" * 10]
    [counted] = await pool.fetch("SELECT dropped_records, dropped_bytes FROM garbage")
    assert tuple(counted) == (3, 30)

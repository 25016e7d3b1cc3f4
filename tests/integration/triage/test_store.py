"""Triage's store in PostgreSQL: the shared suites, and tests that need a database."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

import pytest

from services.triage.rules.dedup.case_index import build_query
from services.triage.store.cases import PostgresTriageStore
from shared.errors import DatabaseBusyError
from shared.runtime.postgres import Pool, UnstorableError, open_pool, transaction
from tests.support.builders import NOON, north_of
from tests.support.databases import Database
from tests.support.triage.cases_suite import REACH, CasesSuite, decided
from tests.support.triage.corrections_suite import CorrectionsSuite
from tests.support.triage.factories import HERE, HOUR, KEY, case, report
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


class TestPostgresCases(CasesSuite, CorrectionsSuite):
    @pytest.fixture
    async def cases(self, database: Database) -> AsyncGenerator[PostgresTriageStore]:
        async with open_pool(database.dsn("triage")) as pool, transaction(pool) as db:
            yield PostgresTriageStore(db)


async def test_of_a_crowded_place_the_newest_cases_are_handed_over(database: Database) -> None:
    crowd = [case(report(observed_at=NOON + n * HOUR)) for n in range(300)]
    async with open_pool(database.dsn("triage")) as pool, transaction(pool) as db:
        cases = PostgresTriageStore(db)
        await cases.add(crowd)

        found = await cases.candidates(
            [build_query(report(observed_at=NOON + 250 * HOUR), KEY, REACH)]
        )

    latest = NOON + 250 * HOUR + REACH.window
    newest = [one for one in crowd if one.opening.observed_at <= latest][-100:]
    assert {one.case_id for one in found} == {one.case_id for one in newest}


async def test_what_is_older_than_the_window_is_handed_over_only_from_nearer_by(
    database: Database,
) -> None:
    long_ago = NOON - REACH.window - HOUR
    recent = case(report(point=north_of(HERE, 60)))
    old = case(report(point=north_of(HERE, 40), observed_at=long_ago))
    old_and_far = case(report(point=north_of(HERE, 60), observed_at=long_ago))
    async with open_pool(database.dsn("triage")) as pool, transaction(pool) as db:
        cases = PostgresTriageStore(db)
        await cases.add([recent, old, old_and_far])

        found = await cases.candidates([build_query(report(), KEY, replace(REACH, edge_m=20))])

    assert {one.case_id for one in found} == {recent.case_id, old.case_id}


async def test_two_decisions_on_one_request_cannot_both_be_kept(database: Database) -> None:
    of = report()
    async with open_pool(database.dsn("triage")) as pool:
        async with transaction(pool) as db:
            await PostgresTriageStore(db).record_decisions([decided(of)])
        with pytest.raises(DatabaseBusyError):
            async with transaction(pool) as db:
                await PostgresTriageStore(db).record_decisions([decided(of)])


async def test_an_id_that_is_none_is_the_messages_fault(database: Database) -> None:
    async with open_pool(database.dsn("triage")) as pool:
        with pytest.raises(UnstorableError):
            async with transaction(pool) as db:
                await PostgresTriageStore(db).already_decided(["17"])


async def test_who_holds_a_key_keeps_others_out_of_it_alone(database: Database) -> None:
    entered: list[str] = []

    async with open_pool(database.dsn("triage")) as pool:

        async def enter(name: str, *keys: str) -> None:
            async with transaction(pool) as db:
                await PostgresTriageStore(db).lock(keys)
                entered.append(name)

        async with asyncio.TaskGroup() as beside, transaction(pool) as db:
            await PostgresTriageStore(db).lock(["b", "a"])
            beside.create_task(enter("same key", "b"))
            await enter("other key", "c")
            await eventually(lambda: _somebody_waits(pool))
            assert entered == ["other key"]
    assert entered == ["other key", "same key"]


async def test_members_that_lock_the_same_keys_in_other_orders_never_block_each_other(
    database: Database,
) -> None:
    keys = [f"city:{n}" for n in range(20)]

    async with open_pool(database.dsn("triage"), size=8) as pool:

        async def decide(order: Callable[[list[str]], list[str]]) -> None:
            for _ in range(20):
                async with transaction(pool) as db:
                    await PostgresTriageStore(db).lock(order(keys))

        orders: list[Callable[[list[str]], list[str]]] = [list, lambda k: k[::-1], sorted]
        await asyncio.gather(*(decide(order) for order in orders))


async def _somebody_waits(pool: Pool) -> bool:
    return bool(await pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

"""What the stores in memory and in PostgreSQL know of cases."""

from dataclasses import replace

import pytest

from services.dispatch.records.changes import ChangeSet
from services.dispatch.rules.case import CaseNote, CaseWorkOrder, KnownPriority
from services.dispatch.rules.deadlines import WorkOrderDeadline
from services.dispatch.rules.notes import add_notes
from services.dispatch.store.postgres import PostgresDispatchStore
from services.dispatch.unit_of_work import DispatchStore
from shared.contract.events import new_id
from shared.errors import DatabaseBusyError
from shared.runtime.postgres import Pool, open_pool, transaction
from tests.integration.dispatch.stored_cases import case_of_two_bureaus, load_one, opening
from tests.support.builders import NOON
from tests.support.databases import Database
from tests.support.dispatch.factories import HOUR, case_priority, order


async def test_what_was_opened_is_found_by_its_id_and_by_its_work_orders(
    store: DispatchStore,
) -> None:
    one, two, three = (
        case_of_two_bureaus(),
        case_of_two_bureaus(linked_case=None),
        case_of_two_bureaus(),
    )
    await store.write(opening(one, two, three))

    found = await store.load([one.case_id], [two.orders[1].work_order_id])

    assert {c.case_id: c for c in found} == {one.case_id: one, two.case_id: two}


async def test_notes_of_reporters_of_bureaus_and_of_others_are_found_apart(
    store: DispatchStore,
) -> None:
    case = case_of_two_bureaus()
    await store.write(opening(case))
    words, of_bureau = CaseNote(new_id(), "Still there"), CaseNote(None, "ROADS declined this")
    noted = add_notes(case, [words, of_bureau], [CaseNote(new_id(), "Me too")])
    await store.write(ChangeSet(changed_cases=[noted]))

    assert await load_one(store, case) == noted


async def test_cases_come_in_the_order_of_their_ids_each_once(store: DispatchStore) -> None:
    opened = [case_of_two_bureaus() for _ in range(5)]
    await store.write(opening(*opened))

    ids = [c.case_id for c in reversed(opened)]
    orders = [o.work_order_id for c in opened for o in c.orders]

    assert [c.case_id for c in await store.load(ids, orders)] == sorted(ids)


@pytest.mark.parametrize(
    "unknown", [pytest.param(new_id(), id="no case has it"), "wo-1", "", "\x00"]
)
async def test_an_unknown_id_finds_nothing_whatever_it_looks_like(
    store: DispatchStore, unknown: str
) -> None:
    await store.write(opening(case_of_two_bureaus()))

    assert list(await store.load([unknown], [unknown])) == []
    assert not await store.requests_in_cases([unknown])


async def test_nothing_is_found_where_nothing_is_asked(store: DispatchStore) -> None:
    await store.write(opening(case_of_two_bureaus()))

    assert list(await store.load([], [])) == []
    assert not await store.requests_in_cases([])
    assert not await store.processed([])


async def test_a_changed_case_keeps_what_changed_and_what_did_not(store: DispatchStore) -> None:
    opened, other = case_of_two_bureaus(), case_of_two_bureaus()
    await store.write(opening(opened, other))
    changed = replace(
        opened,
        version=7,
        status="completed",
        priority=case_priority("P1", 80, "swerving", "crime"),
        request_count=5,
        first_reported_at=NOON - HOUR,
        last_reported_at=NOON + HOUR,
        closed_at=NOON + 2 * HOUR,
        merged_into=other.case_id,
        lowered_from=KnownPriority("P1", frozenset({"crime", "swerving"})),
        orders=tuple(replace(o, version=6, status="completed") for o in opened.orders),
    )

    await store.write(ChangeSet(changed_cases=[changed], changed_orders=changed.orders))

    assert await load_one(store, opened) == changed
    assert await load_one(store, other) == other


async def test_a_work_order_moves_without_its_case(store: DispatchStore) -> None:
    opened = case_of_two_bureaus()
    await store.write(opening(opened))
    moved = replace(
        opened.orders[1],
        role="lead",
        status="scheduled",
        version=2,
        due=replace(opened.orders[1].due, acknowledge=WorkOrderDeadline(NOON - HOUR, NOON)),
        waiting_since=NOON,
        scheduled_for=NOON + HOUR,
        external_id="WO-991",
    )

    await store.write(ChangeSet(changed_orders=[moved]))

    assert await load_one(store, opened) == opened.with_order(moved)


async def test_a_new_work_order_joins_its_case_in_its_place(store: DispatchStore) -> None:
    opened = case_of_two_bureaus()
    await store.write(opening(opened))
    added: CaseWorkOrder = order("DESK", number=3, role="informed")

    await store.write(ChangeSet(new_orders=[(opened.case_id, added)]))

    assert await load_one(store, opened) == opened.with_order(added)


async def test_what_a_case_was_merged_into_comes_with_it(store: DispatchStore) -> None:
    last, middle = case_of_two_bureaus(), case_of_two_bureaus()
    middle = replace(middle, merged_into=last.case_id)
    first, alone = case_of_two_bureaus(merged_into=middle.case_id), case_of_two_bureaus()
    await store.write(opening(last, middle, first, alone))

    found = await store.load([first.case_id], [])

    assert {c.case_id: c for c in found} == {c.case_id: c for c in (first, middle, last)}


async def load_with_short_timeout(pool: Pool, work_order_id: str) -> None:
    async with transaction(pool) as db:
        await db.execute("SET LOCAL lock_timeout = '50ms'")
        await PostgresDispatchStore(db).load([], [work_order_id])


@pytest.mark.integration
async def test_a_case_being_changed_is_changed_by_nobody_else(database: Database) -> None:
    opened = case_of_two_bureaus()
    async with open_pool(database.dsn("dispatch")) as pool:
        async with transaction(pool) as db:
            await PostgresDispatchStore(db).write(opening(opened))
        async with transaction(pool) as first:
            await PostgresDispatchStore(first).load([opened.case_id], [])
            with pytest.raises(DatabaseBusyError):
                await load_with_short_timeout(pool, opened.orders[0].work_order_id)

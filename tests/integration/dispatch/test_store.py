"""One suite for the in-memory store and the PostgreSQL store."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from services.dispatch.handlers import DispatchStore
from services.dispatch.records import (
    ChangeSet,
    CommandKey,
    ProcessedCommand,
    ProcessedUpdate,
    UpdateKey,
)
from services.dispatch.rules.case import Case, CaseRequest, CaseWorkOrder
from services.dispatch.rules.priority import KnownPriority
from services.dispatch.store.postgres import PostgresDispatchStore
from shared.contract.events import new_id
from shared.errors import DatabaseBusyError
from shared.runtime.postgres import Pool, open_pool, transaction
from tests.builders import NOON
from tests.conftest import Database
from tests.unit.dispatch.factories import (
    HOUR,
    case,
    case_priority,
    case_request,
    command,
    order,
    problem,
    update,
)
from tests.unit.dispatch.in_memory_store import InMemoryDispatchStore


def opening(*cases: Case) -> ChangeSet:
    issued = [(opened.case_id, order) for opened in cases for order in opened.orders]
    requests = [case_request(opened.opened_by, opened.case_id) for opened in cases]
    return ChangeSet(opened_cases=cases, new_orders=issued, joined_requests=requests)


def case_of_two_bureaus(**changes: Any) -> Case:
    fields: dict[str, Any] = {
        "priority": case_priority("P2", 60, "swerving"),
        "linked_case": new_id(),
        "problem": problem(notes=("Call first",), attributes={"lanes": ["left", "right"], "n": 2}),
    }
    return case(order("ROADS"), order("WATER", role="informed"), **(fields | changes))


class DispatchStoreSuite:
    async def test_what_was_opened_is_found_by_its_id_and_by_its_work_orders(
        self, store: DispatchStore
    ) -> None:
        one, two, three = (
            case_of_two_bureaus(),
            case_of_two_bureaus(linked_case=None),
            case_of_two_bureaus(),
        )
        await store.write(opening(one, two, three))

        found = await store.load([one.case_id], [two.orders[1].work_order_id])

        assert {c.case_id: c for c in found} == {one.case_id: one, two.case_id: two}

    async def test_cases_come_in_the_order_of_their_ids_each_once(
        self, store: DispatchStore
    ) -> None:
        opened = [case_of_two_bureaus() for _ in range(5)]
        await store.write(opening(*opened))

        ids = [c.case_id for c in reversed(opened)]
        orders = [o.work_order_id for c in opened for o in c.orders]

        assert [c.case_id for c in await store.load(ids, orders)] == sorted(ids)

    @pytest.mark.parametrize(
        "unknown", [pytest.param(new_id(), id="no case has it"), "wo-1", "", "\x00"]
    )
    async def test_an_unknown_id_finds_nothing_whatever_it_looks_like(
        self, store: DispatchStore, unknown: str
    ) -> None:
        await store.write(opening(case_of_two_bureaus()))

        assert list(await store.load([unknown], [unknown])) == []
        assert not await store.requests_in_cases([unknown])

    async def test_nothing_is_found_where_nothing_is_asked(self, store: DispatchStore) -> None:
        await store.write(opening(case_of_two_bureaus()))

        assert list(await store.load([], [])) == []
        assert not await store.requests_in_cases([])
        assert not await store.processed_updates([])

    async def test_a_changed_case_keeps_what_changed_and_what_did_not(
        self, store: DispatchStore
    ) -> None:
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

    async def test_a_work_order_moves_without_its_case(self, store: DispatchStore) -> None:
        opened = case_of_two_bureaus()
        await store.write(opening(opened))
        moved = replace(
            opened.orders[1],
            role="lead",
            status="scheduled",
            version=2,
            due=replace(opened.orders[1].due, acknowledge_by=NOON),
            scheduled_for=NOON + HOUR,
            external_id="WO-991",
        )

        await store.write(ChangeSet(changed_orders=[moved]))

        assert await load_one(store, opened) == opened.with_order(moved)

    async def test_a_new_work_order_joins_its_case_in_its_place(self, store: DispatchStore) -> None:
        opened = case_of_two_bureaus()
        await store.write(opening(opened))
        added: CaseWorkOrder = order("DESK", number=3, role="informed")

        await store.write(ChangeSet(new_orders=[(opened.case_id, added)]))

        assert await load_one(store, opened) == opened.with_order(added)

    async def test_a_request_is_in_a_case_once_it_joined(self, store: DispatchStore) -> None:
        opened, later = case_of_two_bureaus(), new_id()
        await store.write(opening(opened))
        await store.write(ChangeSet(joined_requests=[case_request(later, opened.case_id)]))

        asked = [opened.opened_by, later, new_id()]

        assert set(await store.requests_in_cases(asked)) == {opened.opened_by, later}

    async def test_what_a_request_said_is_kept_with_its_case(self, store: DispatchStore) -> None:
        one, other = case_of_two_bureaus(), case_of_two_bureaus()
        await store.write(opening(one, other))
        later = case_request(new_id(), one.case_id, problem=problem(notes=("Call first",)))
        await store.write(ChangeSet(joined_requests=[later]))

        found = await store.requests_of([one.case_id])

        assert sorted(found, key=_by_id) == sorted(
            [case_request(one.opened_by, one.case_id), later], key=_by_id
        )
        assert list(await store.requests_of([])) == []

    async def test_a_moved_request_is_in_its_new_case_and_a_case_stands_for_another(
        self, store: DispatchStore
    ) -> None:
        one, other = case_of_two_bureaus(), case_of_two_bureaus()
        await store.write(opening(one, other))
        moved = case_request(one.opened_by, other.case_id, moves=1)
        stands = replace(one, version=2, opened_by=new_id(), problem=problem(summary="Else"))
        key = CommandKey("/console", "1")

        await store.write(
            ChangeSet(
                changed_cases=[stands],
                new_opener_cases=[stands],
                moved_requests=[moved],
                commands=[ProcessedCommand(key, command(), refused_as=None)],
            )
        )

        assert list(await store.requests_of([one.case_id])) == []
        assert moved in await store.requests_of([other.case_id])
        assert await load_one(store, one) == stands

    async def test_what_a_case_was_merged_into_comes_with_it(self, store: DispatchStore) -> None:
        last, middle = case_of_two_bureaus(), case_of_two_bureaus()
        middle = replace(middle, merged_into=last.case_id)
        first, alone = case_of_two_bureaus(merged_into=middle.case_id), case_of_two_bureaus()
        await store.write(opening(last, middle, first, alone))

        found = await store.load([first.case_id], [])

        assert {c.case_id: c for c in found} == {c.case_id: c for c in (first, middle, last)}

    async def test_a_command_is_known_by_source_and_id_together(self, store: DispatchStore) -> None:
        taken, unread = CommandKey("/console", "1"), CommandKey("/console", "2")
        commands = [
            ProcessedCommand(taken, command("merge_case", into_case=new_id()), refused_as=None),
            ProcessedCommand(unread, None, refused_as="invalid"),
        ]
        await store.write(ChangeSet(commands=commands))

        alike = [CommandKey("/other", "1"), CommandKey("/console", "3")]

        assert set(await store.processed_commands([taken, unread, *alike])) == {taken, unread}
        assert not await store.processed_commands([])

    async def test_an_update_is_known_by_bureau_source_and_id_together(
        self, store: DispatchStore
    ) -> None:
        taken = UpdateKey("ROADS", "/system", "1")
        said = update(order(), "completed", internal_note="Crew 7", scheduled_for=NOON)
        unread = UpdateKey("ROADS", "/system", "2")
        updates = [
            ProcessedUpdate(taken, said, changed=True, refused_as=None),
            ProcessedUpdate(unread, None, changed=False, refused_as="invalid"),
        ]
        await store.write(ChangeSet(updates=updates))

        alike = [
            UpdateKey("WATER", "/system", "1"),
            UpdateKey("ROADS", "/other", "1"),
            UpdateKey("ROADS", "/system", "3"),
        ]

        assert set(await store.processed_updates([taken, unread, *alike])) == {taken, unread}

    async def test_an_update_is_known_however_long_its_name_is(self, store: DispatchStore) -> None:
        source, update_id = ("".join(map(chr, range(at, at + 500))) for at in (0x1F000, 0x20000))
        key = UpdateKey("ROADS", source, update_id)

        await store.write(
            ChangeSet(updates=[ProcessedUpdate(key, None, changed=False, refused_as="invalid")])
        )

        assert set(await store.processed_updates([key])) == {key}


def _by_id(request: CaseRequest) -> str:
    return request.request_id


async def load_one(store: DispatchStore, wanted: Case) -> Case:
    found = await store.load([wanted.case_id], [])
    return next(one for one in found if one.case_id == wanted.case_id)


class TestInMemoryDispatchStore(DispatchStoreSuite):
    @pytest.fixture
    def store(self) -> DispatchStore:
        return InMemoryDispatchStore()


@pytest.mark.integration
class TestPostgresDispatchStore(DispatchStoreSuite):
    @pytest.fixture
    async def store(self, database: Database) -> AsyncGenerator[DispatchStore]:
        connection = await asyncpg.connect(database.dsn("dispatch"))
        async with connection.transaction():
            yield PostgresDispatchStore(connection)
        await connection.close()


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


@pytest.mark.integration
async def test_what_a_bureau_said_is_kept_as_it_said_it(database: Database) -> None:
    said = update(order(), "declined", reason="Crew 7 says: “no” \N{SNOWMAN}", at=NOON)
    key = UpdateKey("ROADS", "/system", "1")
    async with open_pool(database.dsn("dispatch")) as pool:
        async with transaction(pool) as db:
            taken = ProcessedUpdate(key, said, changed=True, refused_as=None)
            await PostgresDispatchStore(db).write(ChangeSet(updates=[taken]))
        row = await pool.fetchrow(
            "SELECT said->>'reason' AS reason, (said->>'at')::timestamptz AS at FROM updates"
        )

    assert row is not None
    assert (row["reason"], row["at"]) == (said.reason, NOON)

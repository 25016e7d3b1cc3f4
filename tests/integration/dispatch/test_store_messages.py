"""What the stores in memory and in PostgreSQL know of commands and updates."""

import pytest

from services.dispatch.records.changes import ChangeSet, MessageKey, ProcessedMessage
from services.dispatch.store.postgres import PostgresDispatchStore
from services.dispatch.unit_of_work import DispatchStore
from shared.contract.events import new_id
from shared.runtime.postgres import open_pool, transaction
from tests.support.builders import NOON
from tests.support.databases import Database
from tests.support.dispatch.factories import command, order, update


async def test_a_command_is_known_by_source_and_id_together(store: DispatchStore) -> None:
    taken, unread = MessageKey("/console", "1"), MessageKey("/console", "2")
    commands = [
        ProcessedMessage(taken, command("merge_case", into_case=new_id()), refused_as=None),
        ProcessedMessage(unread, None, refused_as="invalid"),
    ]
    await store.write(ChangeSet(processed=commands))

    alike = [MessageKey("/other", "1"), MessageKey("/console", "3")]

    assert set(await store.processed([taken, unread, *alike])) == {taken, unread}
    assert not await store.processed([])


async def test_an_update_is_known_by_bureau_source_and_id_together(store: DispatchStore) -> None:
    taken = MessageKey("/system", "1", "ROADS")
    said = update(order(), "completed", internal_note="Crew 7", scheduled_for=NOON)
    unread = MessageKey("/system", "2", "ROADS")
    updates = [
        ProcessedMessage(taken, said, refused_as=None, changed=True),
        ProcessedMessage(unread, None, refused_as="invalid", changed=False),
    ]
    await store.write(ChangeSet(processed=updates))

    alike = [
        MessageKey("/system", "1", "WATER"),
        MessageKey("/other", "1", "ROADS"),
        MessageKey("/system", "3", "ROADS"),
    ]

    assert set(await store.processed([taken, unread, *alike])) == {taken, unread}


async def test_an_update_is_known_however_long_its_name_is(store: DispatchStore) -> None:
    source, update_id = ("".join(map(chr, range(at, at + 500))) for at in (0x1F000, 0x20000))
    key = MessageKey(source, update_id, "ROADS")

    await store.write(
        ChangeSet(processed=[ProcessedMessage(key, None, refused_as="invalid", changed=False)])
    )

    assert set(await store.processed([key])) == {key}


@pytest.mark.integration
async def test_what_a_bureau_said_is_kept_as_it_said_it(database: Database) -> None:
    said = update(order(), "declined", reason="Crew 7 says: “no” \N{SNOWMAN}", at=NOON)
    key = MessageKey("/system", "1", "ROADS")
    async with open_pool(database.dsn("dispatch")) as pool:
        async with transaction(pool) as db:
            taken = ProcessedMessage(key, said, refused_as=None, changed=True)
            await PostgresDispatchStore(db).write(ChangeSet(processed=[taken]))
        row = await pool.fetchrow(
            "SELECT parsed->>'reason' AS reason, (parsed->>'at')::timestamptz AS at FROM updates"
        )

    assert row is not None
    assert (row["reason"], row["at"]) == (said.reason, NOON)

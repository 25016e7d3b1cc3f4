"""An older database of notify is restored, and Kafka holds what came after it."""

from collections import Counter

import asyncpg
import pytest

from shared.contract.events import NotificationUnknown
from shared.contract.topics import NOTIFY_DELIVERIES
from shared.runtime.recovery.skip_to_end import ServiceRunningError, SkipResult, skip_to_end
from tests.integration.notify.conftest import RunNotify
from tests.integration.notify.test_notify import report
from tests.support.databases import Database
from tests.support.notify.mail_server import MailServer
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


async def copy_database(database: Database, source: str, target: str) -> None:
    db = await asyncpg.connect(database.stores.admin_dsn)
    await db.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
    await db.execute(f"CREATE DATABASE {target} TEMPLATE {source}")
    await db.close()


async def skip(database: Database, *, dry_run: bool = False) -> SkipResult:
    stores = database.stores
    results = await skip_to_end(
        stores.access, database.admin_dsn, ["notify"], stores.topics, dry_run=dry_run
    )
    return results["notify"]


async def mails_reach(mail: MailServer, *people: str) -> None:
    async def arrived() -> bool:
        return {to for to, _ in mail.mails} >= set(people)

    await eventually(arrived)


async def wait_for_pending(database: Database) -> None:
    db = await asyncpg.connect(database.admin_dsn)
    statement = "SELECT count(*) FROM notify.deliveries WHERE state = 'pending'"
    await eventually(lambda: db.fetchval(statement))
    await db.close()


async def test_after_a_skip_nobody_gets_a_second_mail_and_new_reports_get_theirs(
    database: Database, running: RunNotify, mail: MailServer, topic_log: TopicLog
) -> None:
    backup = f"{database.name}_backup"
    later = [f"p{number}@example.org" for number in range(20)]
    await mail.close()
    async with running():
        await topic_log.publish(*report("early@example.org"))
        await wait_for_pending(database)
    await copy_database(database, database.name, backup)
    await mail.open()
    async with running():
        for person in later:
            await topic_log.publish(*report(person))
        await mails_reach(mail, "early@example.org", *later)
        with pytest.raises(ServiceRunningError, match="stop notify first"):
            await skip(database)

    await copy_database(database, backup, database.name)
    would_skip = await skip(database, dry_run=True)
    assert await skip(database) == would_skip
    async with running():
        await topic_log.publish(*report("new@example.org"))
        await mails_reach(mail, "new@example.org")
        reports = await topic_log.at_least(23, NOTIFY_DELIVERIES)
    await database.stores.drop_database(backup)

    assert would_skip.records["triage-decisions"] == 20
    assert would_skip.unsent == 1
    assert Counter(to for to, _ in mail.mails) == Counter(
        [*later, "early@example.org", "new@example.org"]
    )
    assert [type(r) for r in reports].count(NotificationUnknown) == 1

"""Four eyes at the console, with dispatch's real list of what waits."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID

import pytest

from services.dispatch.records.changes import WaitingCommand
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.approvals import insert_waiting, list_approvals
from shared.contract.events import new_id
from shared.runtime.http.api_keys import store_keys
from shared.runtime.postgres import open_pool, transaction
from shared.staff_roles import Role
from tests.integration.console.open_console import (
    FORBIDDEN,
    SEE_OTHER,
    Browser,
    OpenConsole,
    open_console,
    settings,
)
from tests.support.builders import NOON
from tests.support.databases import Database
from tests.support.dispatch.http_access import serving_dispatch
from tests.support.stack import Stores

pytestmark = pytest.mark.integration

KEY = "the console's own key"
PAGE = "/console/approvals"


@dataclass
class Desk:
    console: OpenConsole
    database: Database

    async def wait(self, actor: str, count: int = 1) -> str:
        """Let commands of a person wait; return the id of the last."""
        async with open_pool(self.database.dsn("dispatch")) as pool, transaction(pool) as db:
            ids = [new_id() for _ in range(count)]
            for approval in ids:
                data = {
                    "command": "lower_priority",
                    "level": "P4",
                    "case_id": new_id(),
                    "actor": actor,
                    "reason": "Looked at it",
                }
                one = WaitingCommand(approval, "lower_p1", NOON, "/console", actor, data)
                await insert_waiting(db, [one])
        return ids[-1]

    async def waiting(self) -> int:
        async with open_pool(self.database.dsn("dispatch")) as pool:
            newest = await list_approvals(pool, UUID(int=2**128 - 1), "waiting", 200)
        return len(newest)


@pytest.fixture
async def desk(stores: Stores, database: Database) -> AsyncGenerator[Desk]:
    await store_keys(database.admin_dsn, "dispatch", [("console", "operator", KEY)])
    of_dispatch = DispatchSettings.model_validate(
        {
            **stores.access.environment(),
            "postgres_dsn": database.dsn("dispatch"),
            "http_port": 0,
        }
    )
    async with (
        serving_dispatch(of_dispatch) as client,
        open_console(settings(database, dispatch_url=str(client._base_url))) as opened,  # noqa: SLF001
    ):
        await opened.add("admin", Role.ADMIN)
        yield Desk(opened, database)


async def approve(browser: Browser, approval: str) -> int:
    return (await browser.send(PAGE, command="approve", approval=approval))[0]


@pytest.mark.parametrize(
    ("maker", "made"), [("admin", "puppet"), ("puppet", "admin")], ids=["by me", "of me"]
)
async def test_nobody_approves_for_an_account_that_is_their_own_work(
    desk: Desk, maker: str, made: str
) -> None:
    await desk.console.store.record(maker, "person_add", made)
    behind, newest = await desk.wait("puppet"), await desk.wait("lee", 100)
    async with desk.console.browser() as browser:
        await browser.log_in("admin")
        assert await approve(browser, behind) == FORBIDDEN
        assert await desk.waiting() == 101
        assert await approve(browser, newest) == SEE_OTHER
        assert await desk.waiting() == 100


async def test_what_nobody_is_known_to_have_ordered_is_not_approved(desk: Desk) -> None:
    await desk.wait("lee")
    async with desk.console.browser() as browser:
        await browser.log_in("admin")
        for unknown in (new_id(), "none", "f" * 32):
            assert await approve(browser, unknown) == 404

"""What a log-in opens, and how long: first passwords, sessions, passkeys."""

from collections.abc import AsyncGenerator

import pytest

from console.passwords import hashed
from console.roles import Role
from console.store import add_person
from tests.integration.console.open_console import (
    PASSWORD,
    SEE_OTHER,
    OpenConsole,
    open_console,
    settings,
)
from tests.support.databases import Database

pytestmark = pytest.mark.integration

ME = "/console/me"


@pytest.fixture
async def desk(database: Database) -> AsyncGenerator[OpenConsole]:
    async with open_console(settings(database)) as opened:
        yield opened


async def test_a_first_password_opens_the_own_page_alone_until_it_is_replaced(
    desk: OpenConsole,
) -> None:
    await add_person(desk.store.pool, "kim", Role.ADMIN, "made by others")
    async with desk.browser() as browser:
        assert (await browser.log_in("kim", "made by others"))[0] == SEE_OTHER
        for path in ("/console/people", "/console/stream"):
            assert (await browser.get(path))[:2] == (SEE_OTHER, ME)
        added = await browser.send("/console/people", action="add", name="lee", role="admin")
        assert added[:2] == (SEE_OTHER, ME)
        status, _, page = await browser.get(ME)
        assert status == 200
        assert "Somebody else made your password" in page
        assert "data-stream" not in page
        assert "/console/people" not in page

        assert (await browser.send(ME, old="made by others", new=PASSWORD))[1] == "/console"
        assert (await browser.get("/console/people"))[0] == 200
    assert [one.name for one in await desk.store.people()] == ["kim"]


async def test_a_first_password_ends_after_three_days(desk: OpenConsole) -> None:
    await add_person(desk.store.pool, "kim", Role.VIEWER, "made by others")
    aged = "UPDATE people SET first_password_until = first_password_until - interval '3 days'"
    await desk.store.pool.execute(aged)
    async with desk.browser() as browser:
        assert (await browser.log_in("kim", "made by others"))[0] == 401
        await desk.store.set_password("kim", hashed("made anew"), by_owner=False)
        assert (await browser.log_in("kim", "made anew"))[0] == SEE_OTHER
        await browser.send(ME, old="made anew", new=PASSWORD)
        await desk.store.pool.execute(aged)
        assert (await browser.log_in("kim"))[0] == SEE_OTHER

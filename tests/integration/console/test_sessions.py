"""What a log-in opens, and how long: first passwords, sessions, passkeys."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator

import pytest

from console.own_access import OwnAccess
from console.passkeys import NewPasskey
from console.passwords import hashed
from console.store import add_person
from shared.staff_roles import Role
from tests.integration.console.open_console import (
    FORBIDDEN,
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


async def test_another_log_in_ends_the_session_before_it(desk: OpenConsole) -> None:
    await desk.add("kim", Role.VIEWER)
    async with desk.browser() as browser:
        await browser.log_in("kim")
        before = browser.token
        assert (await browser.log_in("kim", "a wrong one"))[0] == 401
        assert await desk.store.person(before)
        await browser.log_in("kim")
        assert browser.token != before
        assert await desk.store.person(before) is None
        assert await browser.person()


async def test_people_see_their_sessions_and_end_the_others(desk: OpenConsole) -> None:
    await desk.add("kim", Role.VIEWER)
    await desk.add("lee", Role.VIEWER)
    async with desk.browser() as one, desk.browser() as other, desk.browser() as lee:
        await one.log_in("kim")
        await lee.log_in("lee")
        assert "End the others" not in (await one.get(ME))[2]
        await other.log_in("kim")
        assert 'Sessions <span class="count">2</span>' in (await one.get(ME))[2]
        assert (await one.send(ME, action="end_others"))[:2] == (SEE_OTHER, ME)
        assert [bool(await each.person()) for each in (one, other, lee)] == [True, False, True]


async def test_people_remove_a_passkey_but_not_the_last_one(desk: OpenConsole) -> None:
    await desk.add("kim", Role.VIEWER)
    async with desk.browser() as browser:
        await browser.log_in("kim")
        own = OwnAccess(desk.store)
        keys = [NewPasskey(bytes([n]) * 16, b"a key", 0) for n in (1, 2)]
        pool = desk.store.pool
        for key in keys:
            await own.add_passkey("kim", key)
            assert await browser.person() is None
            browser.set_token(await desk.store.begin_session("kim"))
        lost = (await own.passkeys("kim"))[0].passkey_id
        assert lost in (await browser.get(ME))[2]
        await pool.execute("UPDATE sessions SET proved_at = now() - interval '11 minutes'")
        again = await browser.send(ME, action="remove_passkey", passkey=lost)
        assert again[1].startswith("/console/login?again=1")
        await pool.execute("UPDATE sessions SET proved_at = now()")
        before = browser.token
        removed = await browser.send(ME, action="remove_passkey", passkey=lost)
        assert removed[:2] == (SEE_OTHER, ME)
        assert await desk.store.person(before) is None
        [last] = await own.passkeys("kim")
        refused = await browser.send(ME, action="remove_passkey", passkey=last.passkey_id)
        assert refused[0] == FORBIDDEN
        assert await own.passkeys("kim") == [last]


async def test_a_guessable_password_is_refused_and_a_long_one_is_not_cut(
    desk: OpenConsole,
) -> None:
    await desk.add("kim", Role.VIEWER)
    longest = (PASSWORD * 10)[:200]
    async with desk.browser() as browser:
        await browser.log_in("kim")
        for new, words in (
            ("password1234", "easy to guess"),
            (longest + "x", "12 to 200 characters"),
            ("eleven char", "12 to 200 characters"),
        ):
            status, _, page = await browser.send(ME, old=PASSWORD, new=new)
            assert (status, words in page) == (422, True)
        assert (await browser.send(ME, old=PASSWORD, new=longest))[0] == SEE_OTHER
        assert (await browser.log_in("kim", longest + "x"))[0] == 401
        assert (await browser.log_in("kim", longest))[0] == SEE_OTHER


async def test_one_address_that_guesses_keeps_nobody_else_out(database: Database) -> None:
    proxied = settings(database, ROUTE311_TRUSTED_PROXIES="127.0.0.1")
    async with open_console(proxied) as desk, desk.browser() as thief, desk.browser() as kim:
        await desk.add("kim", Role.VIEWER)
        thief.client.headers["X-Forwarded-For"] = "192.0.2.1"
        kim.client.headers["X-Forwarded-For"] = "192.0.2.2"
        guesses = await asyncio.gather(*(thief.log_in("kim", f"no {n}") for n in range(12)))
        assert Counter(status for status, *_ in guesses) == {401: 5, 429: 7}
        assert (await kim.log_in("kim"))[0] == SEE_OTHER


async def test_a_high_role_works_once_it_has_a_passkey(database: Database) -> None:
    async with open_console(settings(database, passkey_from="supervisor")) as desk:
        await desk.add("kim", Role.SUPERVISOR)
        await desk.add("lee", Role.DISPATCHER)
        async with desk.browser() as lee:
            await lee.log_in("lee")
            assert (await lee.get("/console/surges"))[1] != ME
        async with desk.browser() as kim:
            await kim.log_in("kim")
            assert (await kim.get("/console/approvals"))[:2] == (SEE_OTHER, ME)
            assert "Your role needs a passkey" in (await kim.get(ME))[2]
            await OwnAccess(desk.store).add_passkey("kim", NewPasskey(b"id", b"a key", 0))
            kim.set_token(await desk.store.begin_session("kim"))
            assert (await kim.get("/console/approvals"))[1] != ME


async def test_a_passkey_takes_the_place_of_a_first_password(desk: OpenConsole) -> None:
    await add_person(desk.store.pool, "kim", Role.VIEWER, "made by others")
    await OwnAccess(desk.store).add_passkey("kim", NewPasskey(b"id", b"a key", 0))
    async with desk.browser() as kim:
        kim.set_token(await desk.store.begin_session("kim"))
        assert (await kim.get("/console"))[1] != ME
        assert (await kim.log_in("kim", "made by others"))[0] == 401


@pytest.mark.parametrize(
    ("url", "chosen", "role"),
    [
        ("https://desk.example.org", None, Role.SUPERVISOR),
        ("http://127.0.0.1:9", None, None),
        ("https://desk.example.org", "nobody", None),
        ("https://desk.example.org", "viewer", Role.VIEWER),
    ],
)
async def test_supervisors_need_a_passkey_where_the_console_has_https(
    database: Database, url: str, chosen: str | None, role: Role | None
) -> None:
    assert settings(database, public_url=url, passkey_from=chosen).passkey_role == role


async def test_no_other_host_of_the_domain_sets_the_cookies_of_an_https_console(
    database: Database,
) -> None:
    secure = settings(database, public_url="https://desk.example.org")
    async with open_console(secure) as desk, desk.browser() as kim:
        await desk.add("kim", Role.VIEWER)
        kim.client.headers["Cookie"] = "console_login=tossed"
        async with kim.client.get("/console/login") as answer:
            [cookie] = answer.headers.getall("Set-Cookie")
            assert cookie.startswith("__Host-console_login=")
            assert {"Path=/", "Secure", "HttpOnly"} <= set(cookie.split("; "))
            assert "tossed" not in await answer.text()
        del kim.client.headers["Cookie"]
        assert (await kim.log_in("kim"))[0] == SEE_OTHER
        assert {one.key for one in kim.client.cookie_jar} == {
            "__Host-console",
            "__Host-console_login",
        }
        assert await kim.person()


async def test_a_log_out_clears_what_the_browser_kept(desk: OpenConsole) -> None:
    await desk.add("kim", Role.VIEWER)
    async with desk.browser() as kim:
        await kim.log_in("kim")
        person = await kim.person()
        assert person
        form = {"form_token": person.form_token}
        async with kim.client.post("/console/logout", data=form, allow_redirects=False) as left:
            assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
        assert kim.token == ""


async def test_the_key_that_services_know_signs_no_challenge(database: Database) -> None:
    chosen = settings(database)
    known = chosen.key.get_secret_value().encode()
    assert known != chosen.challenge_secret
    of_its_own = {"secret": "a secret of the console alone"}
    assert settings(database, **of_its_own).challenge_secret == b"a secret of the console alone"

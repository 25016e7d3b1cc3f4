"""Log-in at the city's own provider, over HTTP."""

from collections.abc import AsyncGenerator
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import OctKey
from pydantic import ValidationError
from yarl import URL

from console.app import console
from console.settings import ConsoleSettings
from console.store import add_person
from shared.staff_roles import Role
from tests.integration.console.oidc_server import (
    CLIENT,
    SECRET,
    OidcServer,
    new_key,
    open_oidc_server,
)
from tests.integration.console.open_console import (
    FORBIDDEN,
    SEE_OTHER,
    Answer,
    Browser,
    OpenConsole,
    open_console,
)
from tests.integration.console.open_console import settings as console_settings
from tests.support.databases import Database
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

BEGIN = "/console/login/oidc"


@pytest.fixture
async def provider() -> AsyncGenerator[OidcServer]:
    async with open_oidc_server() as server:
        yield server


async def to_provider(browser: Browser, query: str = "") -> str:
    """Begin a log-in; return the way back that the provider gave."""
    _, there, _ = await browser.get(BEGIN + query)
    async with browser.client.get(URL(there, encoded=True), allow_redirects=False) as answer:
        return URL(answer.headers["Location"], encoded=True).raw_path_qs


async def log_in(browser: Browser, query: str = "") -> Answer:
    return await browser.get(await to_provider(browser, query))


def settings(database: Database, issuer: str, **changes: Any) -> ConsoleSettings:
    given = {
        "ROUTE311_OIDC_ISSUER": issuer,
        "ROUTE311_OIDC_CLIENT_ID": CLIENT,
        "ROUTE311_OIDC_CLIENT_SECRET": SECRET,
    }
    return console_settings(database, **(given | changes))


@pytest.fixture
async def desk(database: Database, provider: OidcServer) -> AsyncGenerator[OpenConsole]:
    async with open_console(settings(database, provider.url)) as opened:
        yield opened


async def test_a_person_of_the_provider_logs_in_with_the_role_of_a_claim(
    desk: OpenConsole, provider: OidcServer
) -> None:
    async with desk.browser() as browser:
        _, _, page = await browser.get("/console/login?next=/console/surges")
        assert 'href="/console/login/oidc?next=/console/surges"' in page
        status, location, _ = await log_in(browser, "?next=/console/surges")
        assert (status, location) == (SEE_OTHER, "/console/surges")
        person = await browser.person()
    assert person
    assert (person.name, person.role, person.is_at_provider) == ("kim", Role.DISPATCHER, True)
    assert person.has_just_logged_in
    assert [one.action for one in await desk.store.audit()] == ["login_by_oidc"]
    assert provider.asked["code_challenge_method"] == "S256"
    assert provider.asked["tenant"] == "city"

    provider.claims = {"roles": "viewer", "preferred_username": "kim.new"}
    async with desk.browser() as browser:
        await log_in(browser)
        again = await browser.person()
    assert again
    assert (again.name, again.role) == ("kim", Role.VIEWER)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"aud": [CLIENT, "another"]},
        {"iss": "https://id.example.org"},
        {"nonce": "of another log-in"},
        {"nonce": None},
        {"exp": int(time()) - 120},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"preferred_username": "a\u202eb"},
        {"preferred_username": "x" * 101},
    ],
)
async def test_a_token_that_is_not_of_this_log_in_lets_nobody_in(
    desk: OpenConsole, provider: OidcServer, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    async with desk.browser() as browser:
        status, _, page = await log_in(browser)
        assert await browser.person() is None
    assert status == FORBIDDEN
    assert "did not succeed" in page
    assert await desk.store.people() == []


async def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    desk: OpenConsole, provider: OidcServer
) -> None:
    public = str(provider.key.as_dict(private=False)["n"])
    forgeries: list[tuple[Any, dict[str, str]]] = [
        (new_key("first"), {}),
        (OctKey.import_key(public), {"alg": "HS256"}),
        (None, {"alg": "none"}),
    ]
    async with desk.browser() as browser:
        for provider.signer, provider.header in forgeries:
            assert (await log_in(browser))[0] == FORBIDDEN
        assert await browser.person() is None


async def test_a_log_in_ends_in_the_browser_that_began_it_and_once(desk: OpenConsole) -> None:
    async with desk.browser() as thief, desk.browser() as browser:
        await to_provider(thief)
        back = await to_provider(browser)
        status, _, page = await thief.get(back)
        assert (status, await thief.person()) == (FORBIDDEN, None)
        assert "in another browser" in page
        forged = back.replace("state=", "state=9")
        assert (await browser.get(forged))[0] == FORBIDDEN
        assert (await browser.get(back))[0] == SEE_OTHER
        assert (await browser.get(back))[0] == FORBIDDEN, "a code is good once"
        state = parse_qs(urlsplit(back).query)["state"][0]
        refused = f"{BEGIN}/callback?error=access_denied&state={state}"
        assert (await browser.get(refused))[0] == FORBIDDEN
        back = await to_provider(browser)
        of_another = str(URL(back, encoded=True).update_query(iss="https://id.example.org"))
        assert (await browser.get(of_another))[0] == FORBIDDEN
        assert (await browser.get(back))[0] == SEE_OTHER


async def test_a_name_is_not_taken_over_and_who_is_locked_out_stays_out(
    desk: OpenConsole, provider: OidcServer
) -> None:
    await add_person(desk.store.pool, "kim", Role.ADMIN, "a password of hers")
    async with desk.browser() as browser:
        status, _, page = await log_in(browser)
        assert (status, await browser.person()) == (FORBIDDEN, None)
        assert "Somebody else has your name here" in page
        provider.claims = {"preferred_username": "lee"}
        assert (await log_in(browser))[0] == SEE_OTHER
        await desk.store.set_active("lee", is_active=False)
        status, _, page = await log_in(browser)
        assert (status, await browser.person()) == (FORBIDDEN, None)
        assert "You may not log in now" in page
    assert [one.role for one in await desk.store.people()] == [Role.ADMIN, Role.DISPATCHER]


@pytest.mark.parametrize("roles", [None, [], "staff", {"admin": True}, [["admin"]]])
async def test_nobody_without_a_role_is_let_in(
    desk: OpenConsole, provider: OidcServer, roles: Any
) -> None:
    provider.claims = {"roles": roles}
    async with desk.browser() as browser:
        status, _, page = await log_in(browser)
        assert (status, await browser.person()) == (FORBIDDEN, None)
    assert "no role here" in page


async def test_a_fresh_proof_is_asked_for_and_checked(
    desk: OpenConsole, provider: OidcServer
) -> None:
    async with desk.browser() as browser:
        provider.claims = {"auth_time": int(time()) - 3600}
        assert (await log_in(browser))[0] == SEE_OTHER
        person = await browser.person()
        assert person
        assert not person.has_just_logged_in, "the provider saw them an hour ago"

        assert (await log_in(browser, "?again=1"))[0] == FORBIDDEN
        assert (provider.asked["prompt"], provider.asked["max_age"]) == ("login", "0")
        provider.claims = {"auth_time": None}
        assert (await log_in(browser, "?again=1"))[0] == FORBIDDEN
        provider.claims = {}
        assert (await log_in(browser, "?again=1"))[0] == SEE_OTHER
        person = await browser.person()
        assert person
        assert person.has_just_logged_in


async def test_a_link_of_another_site_begins_no_log_in(desk: OpenConsole) -> None:
    async with desk.browser() as browser:
        for site, status in (("cross-site", 200), ("none", 200), ("same-origin", SEE_OTHER)):
            sent = {"Sec-Fetch-Site": site}
            async with browser.client.get(BEGIN, headers=sent, allow_redirects=False) as answer:
                assert answer.status == status


async def test_a_log_in_is_as_strong_as_the_setting_asks(
    database: Database, provider: OidcServer
) -> None:
    strict = settings(database, provider.url, ROUTE311_OIDC_ACR="phr phrh")
    async with open_console(strict) as desk, desk.browser() as browser:
        for acr, status in (("pwd", FORBIDDEN), (None, FORBIDDEN), ("phrh", SEE_OTHER)):
            provider.claims = {"acr": acr}
            assert (await log_in(browser))[0] == status
        assert provider.asked["acr_values"] == "phr phrh"


async def test_whoever_logs_in_at_the_provider_has_no_second_way_in(desk: OpenConsole) -> None:
    async with desk.browser() as browser:
        await log_in(browser)
        await desk.store.set_password("kim", "a hash", by_owner=True)
        assert await desk.store.password_hash("kim") is None
        await log_in(browser)
        _, _, page = await browser.get("/console/me")
        assert 'name="keys"' in page
        assert 'name="old"' not in page
        assert 'data-passkey="create"' not in page
        person = await browser.person()
        assert person
        form = {"form_token": person.form_token, "old": "x", "new": "a long new password"}
        async with browser.client.post("/console/me", data=form) as answer:
            assert answer.status == FORBIDDEN


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://id.example.org"},
        {"token_endpoint": "http://id.example.org/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
async def test_a_provider_that_is_down_or_wrong_leaves_the_other_ways(
    desk: OpenConsole, provider: OidcServer, metadata: dict[str, Any]
) -> None:
    async with desk.browser() as browser:

        async def begun(**changes: Any) -> tuple[int, str, str]:
            """Begin a log-in once the console has read the provider's configuration anew."""
            vars(provider).update(changes)
            before = provider.readings

            async def read_anew() -> tuple[int, str, str] | None:
                answer = await browser.get(BEGIN)
                return answer if provider.readings > before else None

            answer = await eventually(read_anew)
            assert answer
            return answer

        status, _, page = await begun(is_down=True)
        assert (status, 'name="password"' in page) == (502, True)
        assert (await begun(is_down=False, metadata=metadata))[0] == 502
        assert (await begun(metadata={}))[0] == SEE_OTHER
        back = await to_provider(browser)
        provider.is_down = True
        assert (await browser.get(back))[0] == 502
        assert await browser.person() is None


async def test_settings_name_a_whole_client_at_an_encrypted_address(database: Database) -> None:
    for issuer, changes in [
        ("http://id.example.org", {}),
        ("no address", {}),
        ("https://id.example.org", {"ROUTE311_OIDC_CLIENT_SECRET": ""}),
        ("https://id.example.org", {"ROUTE311_OIDC_CLIENT_ID": ""}),
    ]:
        with pytest.raises(ValidationError):
            settings(database, issuer, **changes)
    assert settings(database, "https://id.example.org").oidc_issuer == "https://id.example.org"
    async with console(settings(database, "")) as parts:
        assert not [one for one in parts.routes if BEGIN in str(one)]

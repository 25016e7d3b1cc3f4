"""Staff at a console: logged in with and without a browser, and cases to work on."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from json import loads
from typing import Any
from uuid import uuid4

import aiohttp
from playwright.async_api import Browser, Page, expect

from tests.e2e.actors import post, report
from tests.support.router import Router
from tests.support.waiting import eventually

OWN_PASSWORD = "a password of one's own"  # noqa: S105 - of people of the tests
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who is logged in, without a browser."""

    client: aiohttp.ClientSession
    name: str

    async def get(self, path: str) -> tuple[int, str]:
        async with self.client.get(path) as answer:
            return answer.status, await answer.text()

    async def assign(self, path: str, version: str) -> int:
        """Take over a case that has this version."""
        sent = {"command": "assign", "expected_version": version, "assignee": self.name}
        return await self.send(path, **sent)

    async def send(self, path: str, *, origin: str | None = None, **fields: str) -> int:
        """Send a form of ours; a given token replaces the session's own."""
        status, _ = await self.submit(path, origin=origin, **fields)
        return status

    async def submit(
        self, path: str, *, origin: str | None = None, **fields: str
    ) -> tuple[int, str]:
        """Send a form of ours; return status and page of the answer."""
        _, page = await self.get("/console/me")
        found = TOKEN.search(page)
        assert found
        form = {"form_token": found[1], **fields}
        headers = {"Origin": origin} if origin else {}
        async with self.client.post(path, data=form, headers=headers) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def client_of(router: Router) -> AsyncGenerator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(router.stack["console"], cookie_jar=jar) as client:
        yield client


async def log_in(client: aiohttp.ClientSession, name: str, password: str) -> int:
    async with client.get("/console/login") as page:
        found = TOKEN.search(await page.text())
    assert found
    form = {"form_token": found[1], "name": name, "password": password}
    async with client.post("/console/login", data=form, allow_redirects=False) as answer:
        return answer.status


async def replace_password(client: aiohttp.ClientSession, name: str, password: str) -> str:
    """Log in with a first password and replace it; return the new one."""
    assert await log_in(client, name, password) == 303
    status, _ = await Staff(client, name).submit("/console/me", old=password, new=OWN_PASSWORD)
    assert status == 200
    return OWN_PASSWORD


async def new_person(router: Router, role: str) -> tuple[str, str]:
    """Add a person by the command, who chooses their own password; return both."""
    name = f"{role}-{uuid4().hex[:6]}"
    code, output, errors = await router.command("user", "add", name, "--role", role, "--json")
    assert code == 0, errors
    added = loads(output)
    async with client_of(router) as client:
        return name, await replace_password(client, name, added["password"])


@asynccontextmanager
async def at_work(router: Router, role: str) -> AsyncGenerator[Staff]:
    name, password = await new_person(router, role)
    async with client_of(router) as client:
        assert await log_in(client, name, password) == 303
        yield Staff(client, name)


@asynccontextmanager
async def opened(browser: Browser, router: Router, role: str) -> AsyncGenerator[Page]:
    """The queue in a browser of somebody who has logged in by the page."""
    name, password = await new_person(router, role)
    context = await browser.new_context(base_url=router.stack["console"])
    page = await context.new_page()
    await page.goto("/console")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Log in", exact=True).click()
    await expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    yield page
    await context.close()


def at(step: float) -> dict[str, Any]:
    """A place of its own for each report, so that no two are one problem."""
    return {"latitude": 45.60 + step / 1_000, "longitude": -122.71, "accuracy_m": 5}


async def case_for(router: Router, step: float, description: str, **changes: Any) -> str:
    """Submit a report; return its case once dispatch lists it."""
    asked = report(**{"description": description, "location": at(step), **changes})
    code, answer = await post(router, asked)
    assert code == 201
    stack = router.stack
    headers = {"Authorization": f"Bearer {stack['keys']['operator']}"}

    async def listed() -> str | None:
        query = {"q": answer["tracking_number"]}
        async with (
            aiohttp.ClientSession(stack["dispatch"], headers=headers) as session,
            session.get("/v1/cases", params=query) as found,
        ):
            cases = (await found.json())["cases"] if found.status == 200 else []
            return cases[0]["case_id"] if cases else None

    case_id = await eventually(listed)
    assert case_id
    return case_id

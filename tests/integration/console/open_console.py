"""The console at a port, without its background work, and browsers at it."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
from yarl import URL

from console.app import console
from console.settings import ConsoleSettings
from console.store import ConsoleStore, Person, add_person
from shared.runtime.http.server import serve_http
from shared.staff_roles import Role
from tests.support.databases import Database

SEE_OTHER, FORBIDDEN = 303, 403
PASSWORD = "a password of one's own"  # noqa: S105 - of people of the tests
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')

_PAGE = URL("http://127.0.0.1/console/me")

Answer = tuple[int, str, str]


@dataclass
class Browser:
    """Somebody's browser, which follows redirects by hand; an answer is status, Location, page."""

    client: aiohttp.ClientSession
    store: ConsoleStore

    async def get(self, path: str) -> Answer:
        async with self.client.get(path, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", ""), await answer.text()

    async def post(self, path: str, **form: str) -> Answer:
        async with self.client.post(path, data=form, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", ""), await answer.text()

    async def send(self, path: str, **fields: str) -> Answer:
        """Send a form of the session, as its pages have it."""
        person = await self.person()
        assert person
        return await self.post(path, form_token=person.form_token, **fields)

    async def log_in(self, name: str, password: str = PASSWORD) -> Answer:
        _, _, page = await self.get("/console/login")
        found = _TOKEN.search(page)
        assert found
        return await self.post("/console/login", form_token=found[1], name=name, password=password)

    @property
    def token(self) -> str:
        """Token of the session; an empty text for none."""
        kept = {cookie.key: cookie.value for cookie in self.client.cookie_jar}
        return kept.get("console") or kept.get("__Host-console", "")

    def set_token(self, token: str | None) -> None:
        """Go on in another session."""
        assert token
        self.client.cookie_jar.clear()
        self.client.cookie_jar.update_cookies({"console": token}, _PAGE)

    async def person(self) -> Person | None:
        return await self.store.person(self.token)


@dataclass
class OpenConsole:
    """A console that answers."""

    port: int
    store: ConsoleStore

    @asynccontextmanager
    async def browser(self) -> AsyncGenerator[Browser]:
        base = f"http://127.0.0.1:{self.port}"
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(base))
        async with aiohttp.ClientSession(base, cookie_jar=jar) as client:
            yield Browser(client, self.store)

    async def add(self, name: str, role: Role) -> None:
        """Add a person with the password of all tests, which is their own."""
        assert await add_person(self.store.pool, name, role, PASSWORD, by_owner=True)


def settings(database: Database, **changes: Any) -> ConsoleSettings:
    given: dict[str, Any] = {
        "postgres_dsn": database.dsn("console"),
        "http_port": 0,
        "public_url": "http://127.0.0.1:9",
        "dispatch_url": "http://127.0.0.1:9",
        "key": "the console's own key",
    }
    return ConsoleSettings(**(given | changes))


@asynccontextmanager
async def open_console(chosen: ConsoleSettings) -> AsyncGenerator[OpenConsole]:
    async with console(chosen) as parts:
        assert parts.pool
        store = ConsoleStore(parts.pool, timedelta(hours=12), timedelta(minutes=30))
        async with serve_http(
            "127.0.0.1", 0, routes=parts.routes, check=_ready, stopping=asyncio.Event()
        ) as port:
            yield OpenConsole(port, store)


async def _ready() -> None:
    return None

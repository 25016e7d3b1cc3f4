"""Dispatchers at a console, who send a form again until it is answered, and a page left open."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import count
from random import Random
from typing import TypeAlias

import aiohttp
from typing_extensions import override

from deploy.local.services import DESK_KEY, console_url
from tests.faults.kit.members import Member
from tests.faults.kit.router import RouterUnderTest

_RETRY_S = 0.2
_PAUSE_S = (0.05, 0.4)
_CALL = aiohttp.ClientTimeout(total=20)
_CASE = re.compile(r'href="(/console/cases/[0-9a-f-]{36})')
_STREAM_SILENT_S = 10.0  # it says at least every five seconds that it is there

Answer: TypeAlias = tuple[int, str]  # status and page
Race: TypeAlias = Callable[..., Awaitable[Sequence[Answer]]]


class _Forms(HTMLParser):
    """The hidden fields of each form of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all: list[dict[str, str]] = []
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.all.append({})
        elif tag == "input" and given.get("type") == "hidden" and self.all:
            self.all[-1][given["name"]] = given.get("value", "")

    def with_fields(self, **fields: str) -> dict[str, str]:
        """Return the last form that has these fields; one before it may offer to undo."""
        return next((one for one in reversed(self.all) if fields.items() <= one.items()), {})


def console_member(router: RouterUnderTest) -> Member:
    """Return the console of a router as one more member."""
    port = router.site.ports.port("console")
    urls = {
        f"CONSOLE_{name.upper()}_URL": f"http://{process.program.address}"
        for name, process in router.members.items()
    }
    own = {
        "CONSOLE_PUBLIC_URL": console_url(port),
        "CONSOLE_KEY": router.keys.console.key,
        "CONSOLE_DESK_KEY": router.site.credentials.get(DESK_KEY),
    }
    return Member("console", 1, ("console",), urls | own)


@dataclass(slots=True)
class Staff:
    """Dispatchers at work, and what they were told.

    Attributes:
        told: Case and final status of each note, by its words; 303 is done.
        tries: Number of answers by status; 0 stands for a broken connection.
        offered: Number of answers with a button to send the form again.
        seen: Monotonic time of each live change that the open page got.
    """

    router: RouterUnderTest
    random: Random
    told: dict[str, tuple[str, int]] = field(default_factory=dict)
    tries: Counter[int] = field(default_factory=Counter)
    offered: int = 0
    seen: list[float] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _is_over: bool = False

    @property
    def done(self) -> list[str]:
        """Words of the notes of which somebody was told that they are kept."""
        return [words for words, (_, status) in self.told.items() if status == 303]

    @asynccontextmanager
    async def at_work(self, people: int) -> AsyncGenerator[None]:
        """Let people work inside the block; at its end each finishes what they have begun."""
        self._is_over = False
        work = [asyncio.create_task(self._work()) for _ in range(people)]
        page = asyncio.create_task(self._keep_open())
        try:
            yield
        finally:
            self._is_over = True
            page.cancel()
            await asyncio.gather(*work, asyncio.gather(page, return_exceptions=True))

    @asynccontextmanager
    async def pair(self) -> AsyncGenerator[Race]:
        """Yield a function that lets two people, at once, take over a case under two names."""
        async with self._logged_in() as one, self._logged_in() as other:

            async def race(case_id: str, *names: str) -> list[Answer]:
                ready = asyncio.Barrier(2)

                async def take(client: aiohttp.ClientSession, name: str) -> Answer:
                    path = f"/console/cases/{case_id}"
                    _, page = await self._until_answered(client, "GET", path)
                    form = _Forms(page).with_fields(command="assign") | {"assignee": name}
                    await ready.wait()
                    return await self._until_answered(client, "POST", path, form)

                return await asyncio.gather(*map(take, (one, other), names))

            yield race

    async def _work(self) -> None:
        async with self._logged_in() as client:
            while not self._is_over:
                _, queue = await self._until_answered(client, "GET", "/console?order=newest")
                if paths := _CASE.findall(queue):
                    await self._note(client, self.random.choice(paths))
                await asyncio.sleep(self.random.uniform(*_PAUSE_S))

    async def _note(self, client: aiohttp.ClientSession, path: str) -> None:
        _, page = await self._until_answered(client, "GET", path)
        words = f"Note {next(self._numbers)} of the crew."
        form = _Forms(page).with_fields(command="note") | {"text": words}
        status, _ = await self._until_answered(client, "POST", path, form)
        self.told[words] = path.rpartition("/")[2], status

    async def _keep_open(self) -> None:
        """Read live changes as a page does, which connects again by itself."""
        async with self._logged_in() as client:
            timeout = aiohttp.ClientTimeout(total=None, sock_read=_STREAM_SILENT_S)
            while True:
                try:
                    async with client.get("/console/stream", timeout=timeout) as stream:
                        async for line in stream.content:
                            if line.startswith(b"event: change"):
                                self.seen.append(time.monotonic())
                except (aiohttp.ClientError, TimeoutError):
                    pass
                await asyncio.sleep(_RETRY_S)

    @asynccontextmanager
    async def _logged_in(self) -> AsyncGenerator[aiohttp.ClientSession]:
        address = console_url(self.router.members["console"].program.port)
        jar = aiohttp.CookieJar(unsafe=True)
        person = self.router.keys.console
        async with aiohttp.ClientSession(address, cookie_jar=jar, timeout=_CALL) as client:
            _, page = await self._until_answered(client, "GET", "/console/login")
            form = _Forms(page).with_fields() | {"name": person.user, "password": person.password}
            status, _ = await self._until_answered(client, "POST", "/console/login", form)
            assert status == 303, status
            yield client

    async def _until_answered(
        self,
        client: aiohttp.ClientSession,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send the same again until it is answered, as the page asks people to."""
        sent = form
        while True:
            try:
                async with client.request(
                    method, path, data=sent, allow_redirects=False
                ) as response:
                    status, page = response.status, await response.text()
            except (aiohttp.ClientError, TimeoutError):
                status, page = 0, ""
            if form:
                self.tries[status] += 1
                self.offered += "data-again" in page
            if status not in {0, 429} and status < 500:
                return status, page
            if "data-again" in page:
                sent = _Forms(page).all[-1]
            await asyncio.sleep(_RETRY_S)

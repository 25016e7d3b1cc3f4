"""SMS provider for tests: keeps the messages that it accepts, and misbehaves on request."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from aiohttp import encode_basic_auth, web

ACCOUNT = "ACtest"
TOKEN = "a token of sixteen characters"  # noqa: S105 - of no account
NUMBER = "+15035550199"


@dataclass
class SmsProvider:
    """Accepts messages on ``port`` while it is open.

    Attributes:
        answers: Status and code by recipient, instead of accepting the message.
        silent_from: Number of the message from which on it accepts without an answer.
        fell_silent: Set once it has accepted such a message.
    """

    port: int = 0
    answers: dict[str, tuple[int, int]] = field(default_factory=dict)
    silent_from: int | None = None
    fell_silent: asyncio.Event = field(default_factory=asyncio.Event)
    messages: list[dict[str, str]] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "NOTIFY_SMS_URL": f"http://127.0.0.1:{self.port}",
            "NOTIFY_SMS_ACCOUNT": ACCOUNT,
            "NOTIFY_SMS_TOKEN": TOKEN,
            "NOTIFY_SMS_NUMBERS": f"{NUMBER}=portland.gov",
            "NOTIFY_QUIET_HOURS": "off",
        }

    def notification_ids(self) -> list[str]:
        queries = [parse_qs(urlsplit(one["StatusCallback"]).query) for one in self.messages]
        return [query["notification"][0] for query in queries]

    async def post(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == encode_basic_auth(ACCOUNT, TOKEN)
        form = {name: str(value) for name, value in (await request.post()).items()}
        if answer := self.answers.get(form["To"]):
            status, code = answer
            return web.json_response({"code": code}, status=status)
        self.messages.append(form)
        if self.silent_from is not None and len(self.messages) >= self.silent_from:
            self.fell_silent.set()
            await asyncio.Event().wait()
        return web.json_response({"sid": f"SM{len(self.messages)}"}, status=201)


@asynccontextmanager
async def open_sms_provider() -> AsyncGenerator[SmsProvider]:
    """Yield an open provider; close it at the end."""
    provider = SmsProvider()
    app = web.Application()
    app.add_routes([web.post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", provider.post)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        provider.port = runner.addresses[0][1]
        yield provider
    finally:
        await runner.cleanup()

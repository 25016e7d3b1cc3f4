"""The programs in the guide for bureaus, each run against dispatch."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest

from services.dispatch.settings import DispatchSettings
from shared.runtime.postgres import open_pool
from tests.support.databases import Database
from tests.support.dispatch.http_access import (
    KEYS,
    OPERATOR,
    add_keys,
    open_case,
    serving_dispatch,
)
from tests.support.dispatch.sinkholes import LEAD, sinkhole
from tests.support.free_ports import reserved_port
from tests.support.intake.http_client import call
from tests.support.paths import REPOSITORY

pytestmark = pytest.mark.integration

GUIDE = REPOSITORY / "docs" / "bureaus.md"
INFORMED = ("WATER", "BES")


def example(title: str, folder: Path) -> str:
    found = re.search(
        rf'^```\w+ title="{title}"\n(.*?)^```$', GUIDE.read_text(), re.MULTILINE | re.DOTALL
    )
    assert found
    file = folder / title
    file.write_text(found[1])
    return str(file)


@asynccontextmanager
async def started(
    command: Sequence[str], folder: Path, **environment: str
) -> AsyncGenerator[asyncio.StreamReader]:
    """Run a program; yield its output."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=os.environ | environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def test_the_programs_of_the_guide_get_each_event_and_acknowledge_it(
    database: Database, settings: DispatchSettings, tmp_path: Path
) -> None:
    await add_keys(database)
    local = settings.model_copy(update={"webhook_allow": (ip_network("127.0.0.0/8"),)})
    node = shutil.which("node")
    interpreters = {"webhook.py": sys.executable} | ({"webhook.js": node} if node else {})
    async with (
        serving_dispatch(local) as client,
        open_pool(database.dsn("dispatch")) as pool,
        AsyncExitStack() as stack,
    ):
        feed = started(
            [sys.executable, example("feed.py", tmp_path)],
            tmp_path,
            DISPATCH=str(client._base_url).rstrip("/"),  # noqa: SLF001
            BUREAU=LEAD,
            KEY=KEYS[LEAD],
        )
        outputs = {LEAD: await stack.enter_async_context(feed)}
        for bureau, (title, interpreter) in zip(INFORMED, interpreters.items(), strict=False):
            program = [interpreter, example(title, tmp_path)]
            port = stack.enter_context(reserved_port())
            webhook = started(program, tmp_path, **await webhook_settings(client, bureau, port))
            outputs[bureau] = await stack.enter_async_context(webhook)
        orders = {order.bureau: order for order in await open_case(pool, sinkhole())}
        for what in ("issued", "changed"):  # the feed's program acknowledges
            for bureau, output in outputs.items():
                line = await output.readline()
                assert line.split()[:2] == [
                    f"route311.work_order.{what}.v1".encode(),
                    orders[bureau].work_order_id.encode(),
                ]


async def webhook_settings(client: aiohttp.ClientSession, bureau: str, port: int) -> dict[str, str]:
    """Set the webhook of a bureau; return what its program needs to know."""
    body = {"url": f"http://127.0.0.1:{port}/hook", "enabled": True}
    answer = await call(client, "PUT", f"/v1/bureaus/{bureau}/webhook", OPERATOR, json=body)
    return {"SECRET": answer.json["secrets"][0], "PORT": f"{port}"}

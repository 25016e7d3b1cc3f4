"""Processes of intake with some of its channels, and the channel of the guide."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import aiohttp
import pytest

from services.intake.app import CHANNELS
from services.intake.ports import IntakePorts
from shared.runtime.service import Channel
from tests.integration.intake.conftest import Running, add_keys, intake_settings, serving_intake
from tests.support.databases import Database
from tests.support.intake.http_client import ADAPTER, call, get, plain
from tests.support.paths import REPOSITORY
from tests.support.stack import Stores

pytestmark = pytest.mark.integration

GUIDE = REPOSITORY / "docs" / "channels.md"
ROUTES = {
    "api": ("POST", "/v1/submissions"),
    "open311": ("GET", "/open311/v2/discovery.json"),
    "pages": ("GET", "/report"),
    "sms": ("POST", "/v1/channels/sms"),
}
TRACKING_NUMBER = re.compile(r"\d{2}-\w{4}-\w{6}")


@pytest.fixture
def client_of(stores: Stores, database: Database, tmp_path: Path) -> Running:
    """Return a maker of clients of a process with these channels."""

    @asynccontextmanager
    async def instance(
        *names: str, channels: Mapping[str, Channel[IntakePorts]] = CHANNELS
    ) -> AsyncGenerator[aiohttp.ClientSession]:
        await add_keys(database.admin_dsn)
        settings = intake_settings(
            database.dsn("intake"),
            stores.access,
            tmp_path,
            sms_token="a token of the tests, long enough",  # noqa: S106 - of the tests
            sms_numbers="+15035550100=portland.gov",
            ROUTE311_CHANNELS=",".join(names),
        )
        async with (
            serving_intake(settings, channels=channels) as url,
            aiohttp.ClientSession(url) as client,
        ):
            yield client

    return instance


@pytest.mark.parametrize("name", ROUTES)
async def test_a_process_serves_the_routes_of_its_channel_and_no_others(
    name: str, client_of: Running
) -> None:
    async with client_of(name) as client:
        statuses = {
            channel: (await call(client, method, path, ADAPTER, json=plain())).status
            for channel, (method, path) in ROUTES.items()
        }

    assert statuses.pop(name) != 404
    assert set(statuses.values()) == {404}


async def test_an_unknown_channel_stops_the_start_and_names_those_that_there_are(
    client_of: Running,
) -> None:
    with pytest.raises(
        ValueError, match="no channel page; there are api, open311, pages, open_data"
    ):
        async with client_of("api", "page"):
            pass


async def test_the_channel_of_the_guide_takes_a_report_beside_the_api(client_of: Running) -> None:
    kiosk = {"kiosk": _example().open_kiosk}
    async with client_of("kiosk", "api", channels={**CHANNELS, **kiosk}) as client:
        taken = await call(client, "POST", "/kiosk", data={"text": "A hole", "address": "5 Main"})
        empty = await call(client, "POST", "/kiosk", data={"text": " "})
        many = await call(client, "POST", "/kiosk", data={str(n): "1" for n in range(11)})
        wire = {"text": "A live wire is down and sparking", "address": "5 Main"}
        danger = await call(client, "POST", "/kiosk", data=wire)
        number = taken.body.decode()
        status = await get(client, f"/v1/requests/{number}")

    assert taken.status == 200
    assert TRACKING_NUMBER.fullmatch(number)
    assert (status.status, status.json["location"]) == (200, {"address": "5 Main"})
    assert (empty.status, many.status) == (422, 400)
    assert b"911" in danger.body
    assert {error["code"] for error in empty.json["errors"]} >= {"missing_description"}


def _example() -> ModuleType:
    [code] = re.findall(
        r'^```python title="kiosk.py"\n(.*?)^```$', GUIDE.read_text(), re.MULTILINE | re.DOTALL
    )
    module = ModuleType("kiosk")
    exec(compile(code, str(GUIDE), "exec"), module.__dict__)  # noqa: S102 - our own page
    return module

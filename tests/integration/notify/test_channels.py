"""The channels that a process opens."""

import asyncio

import aiohttp
import pytest

from shared.runtime.http.server import serve_http
from tests.integration.notify.conftest import RunNotify
from tests.integration.notify.sms_provider import ACCOUNT, TOKEN

pytestmark = pytest.mark.integration
SMS = {
    "NOTIFY_SMS_ACCOUNT": ACCOUNT,
    "NOTIFY_SMS_TOKEN": TOKEN,
    "NOTIFY_SMS_NUMBERS": "+15035550199=portland.gov",
}
CONTACT, STATUS = "/v1/work-orders/an-order/contact", "/v1/providers/sms/status"


async def ready() -> None:
    return None


@pytest.mark.parametrize(
    ("channels", "statuses"),
    [
        ("resident_links", {"GET": 401, "POST": 404}),
        ("sms,email", {"GET": 404, "POST": 403}),
        ("email", {"GET": 404, "POST": 404}),
        ("", {"GET": 401, "POST": 403}),
    ],
)
async def test_a_process_serves_the_routes_of_its_channels_alone(
    running: RunNotify, channels: str, statuses: dict[str, int]
) -> None:
    answered = {}
    async with (
        running(ROUTE311_CHANNELS=channels, **SMS) as parts,
        serve_http(
            "127.0.0.1", 0, routes=parts.routes, check=ready, stopping=asyncio.Event()
        ) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        for method, path in (("GET", CONTACT), ("POST", STATUS)):
            data = {"a": "b"} if method == "POST" else None
            async with client.request(method, path, data=data) as response:
                answered[method] = response.status

    assert answered == statuses


async def test_an_unknown_channel_stops_the_start_with_the_names_that_there_are(
    running: RunNotify,
) -> None:
    with pytest.raises(ValueError, match="no channel post; there are email, sms, resident_links"):
        async with running(ROUTE311_CHANNELS="email,post"):
            pass

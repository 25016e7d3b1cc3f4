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
MESSAGES = "/v1/messages?state=held"


async def ready() -> None:
    return None


@pytest.mark.parametrize(
    ("channels", "statuses"),
    [
        ("resident_links", {CONTACT: 401, STATUS: 404, MESSAGES: 404}),
        ("sms,email", {CONTACT: 404, STATUS: 403, MESSAGES: 404}),
        ("operator_api", {CONTACT: 404, STATUS: 404, MESSAGES: 401}),
        ("email", {CONTACT: 404, STATUS: 404, MESSAGES: 404}),
        ("", {CONTACT: 401, STATUS: 403, MESSAGES: 401}),
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
        for method, path in (("GET", CONTACT), ("POST", STATUS), ("GET", MESSAGES)):
            data = {"a": "b"} if method == "POST" else None
            async with client.request(method, path, data=data) as response:
                answered[path] = response.status

    assert answered == statuses


async def test_an_unknown_channel_stops_the_start_with_the_names_that_there_are(
    running: RunNotify,
) -> None:
    known = "email, sms, resident_links, operator_api"
    with pytest.raises(ValueError, match=f"no channel post; there are {known}"):
        async with running(ROUTE311_CHANNELS="email,post"):
            pass

"""Reports by text message, as the gateway of the embedded stack hands them over."""

import hmac
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from tests.e2e.actors import event_data, work_order_for
from tests.e2e.outside import Router
from tests.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),  # the first test waits for the whole router to start
]

PERSON = "+15035550177"


async def say(router: Router, body: str, person: str = PERSON) -> str:
    """Return the answer to a text, sent again while the router cannot take it."""
    stack = router.stack
    url = f"{stack['intake']}/v1/channels/sms"
    fields = {
        "MessageSid": f"SM{uuid4().hex}",
        "From": person,
        "To": stack["sms_number"],
        "Body": body,
    }
    signed = url + "".join(name + value for name, value in sorted(fields.items()))
    mac = hmac.digest(stack["keys"]["sms_token"].encode(), signed.encode(), "sha1")

    async def answered() -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                url,
                data=urlencode(fields),
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "X-Twilio-Signature": b64encode(mac).decode(),
                },
            ) as response,
        ):
            assert response.status in (200, 429, 503), await response.text()
            return await response.text() if response.status == 200 else ""

    [message] = ET.fromstring(await eventually(answered))  # noqa: S314 - the router's own answer
    return message.text or ""


async def test_a_danger_without_a_place_goes_to_the_desk_and_its_place_follows(
    router: Router,
) -> None:
    answer = await say(router, "A live wire is down and sparking on the sidewalk")
    number = next(word.strip(".") for word in answer.split() if word.count("-") == 2)

    async def published() -> dict[str, Any]:
        events = await router.events("intake-requests-express")
        found = (e["data"] for e in events if e["type"].endswith("request.submitted.v1"))
        return next((one for one in found if one["tracking_number"] == number), {})

    request = await eventually(published)
    await say(router, "in front of 1221 SW 4th Ave")
    work_order = await work_order_for(router, "311-triage", request["request_id"])
    opened = await event_data(router, "dispatch-cases", request["request_id"], "opened.v1")

    assert answer.startswith("If anybody is in danger, call 911 now.")
    assert request["location"]["precision"] == "none"
    assert (work_order["role"], work_order["route_rule"]) == ("lead", "no-place-to-desk")
    assert opened["lead_bureau"] == "311-TRIAGE"
    status = await say(router, "STATUS")
    assert status.startswith(f"Report {number}: ")

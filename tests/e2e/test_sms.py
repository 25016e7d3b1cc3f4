"""Reports by text message and e-mail, as the gateways of the embedded stack hand them over."""

import asyncio
import hmac
import json
import smtplib
from base64 import b64encode
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from tests.e2e.actors import event_data, status_of, work_order_for
from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),  # the first test waits for the whole router to start
]

PERSON = "+15035550177"
VISITOR = "+15035550178"
WRITER = "wire.canary@example.org"
PBOT_PHONE = "503-823-1700"


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


def texts_to(router: Router, person: str) -> list[str]:
    folder = Path(router.stack["sms_folder"])
    texts = [json.loads(file.read_text()) for file in folder.glob("*.json")]
    return [text["Body"] for text in texts if text["To"] == person]


async def test_a_danger_without_a_place_goes_to_the_desk_until_its_place_is_told(
    router: Router,
) -> None:
    answer = await say(router, "A power line is down and sparking on the sidewalk")
    number = next(word.strip(".") for word in answer.split() if word.count("-") == 2)

    async def published() -> dict[str, Any]:
        events = await router.events("intake-requests-express")
        found = (e["data"] for e in events if e["type"].endswith("request.submitted.v1"))
        return next((one for one in found if one["tracking_number"] == number), {})

    request = await eventually(published)
    await say(router, "in front of 1221 SW 4th Ave")
    work_order = await work_order_for(router, "311-triage", request["request_id"])
    opened = await event_data(router, "dispatch-cases", request["request_id"], "opened.v1")
    moved = await event_data(router, "dispatch-cases", request["request_id"], "status_changed.v1")
    at_bureau = await event_data(
        router, "bureau-pbot-mod-work", request["request_id"], "changed.v1"
    )

    async def texted() -> bool:
        return any(PBOT_PHONE in body for body in texts_to(router, PERSON))

    assert answer.startswith("If anybody is in danger, call 911 now.")
    assert request["location"]["precision"] == "none"
    assert (work_order["role"], work_order["route_rule"]) == ("lead", "no-place-to-desk")
    assert opened["lead_bureau"] == "311-TRIAGE"
    assert (moved["lead_bureau"], moved["bureau"]) == ("PBOT-MOD", None)
    assert (at_bureau["role"], at_bureau["location"]["address"]) == ("lead", "1221 SW 4th Ave")
    status = await say(router, "STATUS")
    assert status.startswith(f"Report {number}: ")
    public = await status_of(router, number)
    assert public["location"] == {"address": "1221 SW 4th Ave"}
    assert await eventually(texted)


async def test_who_tells_a_place_outside_the_city_hears_whom_to_call(
    router: Router, tmp_path: Path
) -> None:
    places = tmp_path / "places.csv"
    rows = [
        "name,street,number,lat,lon",
        ",NW Eastman Pkwy,1333,45.5031,-122.4373",
        ",SE 82nd Ave,1500,45.5118,-122.5787",  # the file replaces the places of all tests here
    ]
    places.write_text("\n".join(rows))
    loaded, _, error = await router.command(
        *("gazetteer", "load", str(places), "--jurisdiction", "portland.gov")
    )
    assert loaded == 0, error
    await say(router, "A power line is down and sparking on the sidewalk", VISITOR)
    await say(router, "1333 NW Eastman Pkwy", VISITOR)

    async def texted() -> str | None:
        texts = texts_to(router, VISITOR)
        return next((body for body in texts if "outside our city" in body), None)

    text = await eventually(texted)
    assert text
    assert "please tell City of Gresham" in text


async def test_the_place_of_a_danger_by_mail_moves_it_too(router: Router) -> None:
    await send(router, "A power line is down and sparking, people walk around it")

    async def asked() -> Message | None:
        mails = (mail for mail in router.mails() if mail["To"] == WRITER)
        return next((mail for mail in mails if "+" in str(mail["Reply-To"])), None)

    question = await eventually(asked)
    assert question
    await send(router, "It is at 9000 N Lombard St", question["Reply-To"])

    async def noted() -> dict[str, Any] | None:
        events = await router.events("triage-decisions")
        notes = (e["data"] for e in events if e["type"].endswith("note_added.v1"))
        return next((one for one in notes if one["channel"] == "email" and one["location"]), None)

    note = await eventually(noted)
    assert note
    moved = await event_data(router, "dispatch-cases", note["request_id"], "status_changed.v1")

    assert (moved["lead_bureau"], moved["bureau"]) == ("PBOT-MOD", None)
    assert note["location"]["address"] == "9000 N Lombard St"
    code, holds, _ = await router.command("check", "--json", "--settle", "60")
    assert code == 0, holds


async def send(router: Router, text: str, to: str = "311@portlandoregon.gov") -> None:
    """Send an e-mail, again while the router cannot take it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = WRITER, to, "Wire"
    message["Message-ID"] = f"<{uuid4()}@example.org>"
    message.set_content(text)
    host, _, port = router.stack["inbound_mail"].rpartition(":")

    def hand_over() -> bool:
        with smtplib.SMTP(host, int(port), timeout=30) as server:
            try:
                server.send_message(message)
            except smtplib.SMTPResponseException as error:
                if error.smtp_code not in (421, 451):
                    raise
                return False
        return True

    assert await eventually(lambda: asyncio.to_thread(hand_over))

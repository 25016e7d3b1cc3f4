"""The SMS gateway's calls of intake, as Twilio makes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import aiohttp

from shared.runtime.http.twilio import sign
from tests.support.intake.http_client import Response, call
from tests.support.waiting import eventually

TOKEN = "the token of the gateway"  # noqa: S105 - of the tests
URL = "https://311.example.org/v1/channels/sms?of=portland"
OURS = "+15035550100"
SETTINGS: dict[str, Any] = {
    "sms_token": TOKEN,
    "sms_url": URL,
    "sms_numbers": f"{OURS}=portland.gov,+15035550101=boston.gov",
}
_SIDS = count(1)


@dataclass
class Phone:
    """A person's phone.

    Attributes:
        number: Its number.
        sent: Every text with its MessageSid, in order.
    """

    number: str
    sent: list[tuple[str, str]] = field(default_factory=list)

    async def say(
        self, client: aiohttp.ClientSession, body: str, *, sid: str | None = None, to: str = OURS
    ) -> str | None:
        """Send a text, again while intake cannot take it; return the answer, None for none."""
        sid = sid or f"SM{next(_SIDS):032}"
        self.sent.append((sid, body))

        async def taken() -> Response | None:
            response = await send(client, form(sid, self.number, body, to))
            assert response.status in (200, 429, 503), response.body
            return response if response.status == 200 else None

        response = await eventually(taken)
        assert response
        return message_in(response)


def form(sid: str, number: str, body: str, to: str = OURS) -> dict[str, str]:
    return {"MessageSid": sid, "From": number, "To": to, "Body": body, "NumMedia": "0"}


async def send(
    client: aiohttp.ClientSession,
    fields: Mapping[str, str],
    *,
    signature: str | None = None,
    url: str = URL,
    path: str = "/v1/channels/sms",
) -> Response:
    """Post a form, rightly signed unless a signature is given; an empty one is not sent."""
    right = sign(TOKEN.encode(), url, fields.items())
    named = {"X-Twilio-Signature": right if signature is None else signature}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        **{name: value for name, value in named.items() if value},
    }
    return await call(client, "POST", path, headers=headers, data=urlencode(fields).encode())


def message_in(response: Response) -> str | None:
    """Return the message of a response in TwiML."""
    assert response.headers["Content-Type"].startswith("text/xml")
    root = ET.fromstring(response.body)  # noqa: S314 - our own answer
    assert root.tag == "Response"
    texts = [message.text or "" for message in root]
    assert len(texts) <= 1
    assert all(len(text) <= 320 for text in texts)
    return texts[0] if texts else None
